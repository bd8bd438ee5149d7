"""Crash sweep over imports: the worker is killed before and after each call to a port, and begun again.

What must hold: every row took effect once (each record was written once, the counts are right), every record
entered the rules that the import names once, and what others changed meanwhile stands.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.faults.kills import Kills
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE
from whenthen.domain.imports.job import Counts, ImportStatus
from whenthen.domain.rules.rule import Rule
from whenthen.usecases.admin.manage_imports import ManageImports
from whenthen.usecases.records import import_lines, import_records

ROWS = [
    *({"id": f"p{number}", "email": f"p{number}@example.com", "n": number} for number in range(60)),
    {"email": "p3@example.com", "n": 1000},  # the same person again
    {"email": "nonsense"},
    {"id": "old", "n": 1},
    *({"email": f"new{number}@example.com"} for number in range(30)),
]
COUNTED = Counts(created=90, updated=2, refused=1)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that do less and blocks that are shorter, so that there are several of each."""
    monkeypatch.setattr(import_records, "BATCHES", 2)
    monkeypatch.setattr(import_records, "ROWS", 20)
    monkeypatch.setattr(import_lines, "BLOCK", 1_000)


def import_them(kills: Kills, switch: str) -> tuple[World, Rule]:
    """A world in which the rows were imported, with the worker killed on the way."""
    world = World(tap=kills)
    rule = world.has_rule({"id": "rule_named", "name": "Named", "trigger": {"manual": True}, "steps": [NOTE]})
    world.has_rule({"name": "Made", "trigger": {"event": "contact.created"}, "steps": [NOTE]})
    world.has_record("contact:old", n=0)
    admin = ManageImports(world.imports, world.import_files, world.import_workers, world.rules, world.clock)
    written = {"kind": "contact", "format": "json_lines", "rules": switch}
    work, _ = admin.create(written | ({"enrol": [rule.id]} if switch == "enrol" else {}), seed="1", by="key_1")
    world.import_files.kept[work.key] = "\n".join(json.dumps(row) for row in ROWS).encode()
    admin.start(work.id)
    kills.armed = True
    while world.deliver("imports") or world.queues["imports"].messages:
        world.clock.move(minutes=5)
    kills.armed = False
    world.run_out()
    return world, rule


def verify(world: World, rule: Rule, switch: str) -> None:
    (work,) = world.imports.kept.values()
    assert (work.status, work.counts) == (ImportStatus.DONE, COUNTED)
    assert [rejected_row.line for rejected_row in world.imports.rejected_rows(work.id)] == [62]
    started = sorted(str(run.record) for run in world.all_runs)
    refs = sorted(world.records.stored)
    match switch:
        case "enrol":
            assert started == refs, "each entered once"
            assert {run.rule_id for run in world.all_runs} == {rule.id}
        case "run":
            assert started == [ref for ref in refs if ref != "contact:old"], "each was created once"
        case "skip":
            assert started == []
            assert {
                record.version for ref, record in world.records.stored.items() if ref.startswith("contact:rec")
            } == {1}
            assert world.records.stored["contact:p3"].version == 2


@pytest.mark.parametrize("switch", ["run", "skip", "enrol"])
def test_a_crash_at_any_moment_loses_no_row_and_doubles_none(switch: str) -> None:
    undisturbed = Kills()
    verify(*import_them(undisturbed, switch), switch)
    assert len(undisturbed.passed) > 30, "there is something to sweep"
    for place in undisturbed.distinct(frozenset()):
        kills = Kills(place)
        verify(*import_them(kills, switch), switch)
        assert kills.passed[place] == undisturbed.passed[place]


@given(moments=st.sets(st.integers(0, 80), min_size=2, max_size=5), switch=st.sampled_from(["run", "skip", "enrol"]))
@settings(
    max_examples=examples(40, fast=12),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_several_crashes_lose_no_row_and_double_none(moments: set[int], switch: str) -> None:
    verify(*import_them(Kills(*moments), switch), switch)


def test_a_row_that_took_effect_is_not_applied_again_over_what_a_person_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker dies right after a batch; a person corrects one of its records; the worker comes back."""
    kills = Kills()
    import_them(kills, "skip")
    place = kills.passed.index("after imports.advance")
    changed: list[Any] = []
    deliver = World.deliver

    def correcting(world: World, name: str) -> bool:
        if world.kills and not changed:
            changed.append(world.changes("contact:p1", n="corrected"))
        return deliver(world, name)

    monkeypatch.setattr(World, "deliver", correcting)
    world, _ = import_them(Kills(place), "skip")
    assert changed
    assert world.records.stored["contact:p1"].fields["n"] == "corrected"
