"""The compact form of rules: decoded it is the parsed rule to the last type, and what is no such form is told apart."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

import whenthen
from tests.domain.conditions.test_operators import TABLE
from tests.domain.matching.generators import contexts
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.matching.rule_set import compile_rules
from whenthen.domain.rules import compact_form
from whenthen.domain.rules.compact_form import decode_rules, encode_rules
from whenthen.domain.rules.rule import Rule, parse_rule, parse_rule_head
from whenthen.domain.rules.triggers import On

ZONES = ("UTC", "Europe/Istanbul", "Asia/Jakarta")
DIGESTS = {1: "d02df028ee474890", 2: "5ec393f41ab8cd01"}
"""Of the encoded sample, by format. Another digest is another form: raise FORMAT, and add a line."""


def _is_short(value: Any) -> bool:
    return isinstance(value, str) or abs(value) < 10**39


texts = st.sampled_from(["a", "A b", "7", "1.0", "İ", "ı", "straße", "cafe\u0301", "שלום", 'it\'s "so"\n', "😀"])
numbers = st.one_of(st.integers(), st.floats(-1e30, 1e30), st.sampled_from([1, 1.0, 0.1, -0.0, 2**64, "5", "1e3"]))
scalars = st.one_of(texts, numbers, st.booleans()).filter(_is_short)
durations = st.dictionaries(st.sampled_from(["weeks", "days", "hours", "minutes"]), st.integers(1, 9), min_size=1)
whens = st.one_of(
    st.sampled_from(["2026-03-14", "2026-03-14T09:30:00+03:00", "2026-03-14T09:30", "now", "today", "yesterday"]),
    st.sampled_from(["ago", "ahead"]).flatmap(lambda way: st.fixed_dictionaries({way: durations})),
)
lists = st.lists(scalars, min_size=1, max_size=12)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "scalar": scalars,
    "list": lists,
    "scalars": st.one_of(scalars, lists),
    "text": texts,
    "pattern": st.sampled_from(["*", "a*", "*b*c", "a\\*b", "*İ*", "abc"]),
    "number": numbers.filter(_is_short),
    "range": st.one_of(
        st.sampled_from([[0, 5], [1, 1.5], ["0.1", 7], ["09:00", "17:30"]]), st.tuples(whens, whens).map(list)
    ),
    "flag": st.booleans(),
    "when": st.one_of(whens, st.just("09:30")),
    "duration": durations,
}


@st.composite
def predicates(draw: Any, *, of_a_view: bool = False) -> dict[str, Any]:
    """Any operator on any kind of field, with the options that it takes."""
    row = OPERATORS[draw(st.sampled_from([name for name, row in OPERATORS.items() if not (of_a_view and row.record)]))]
    fields = ["record.a", "record.c.d", "related.owner.a", "now.hour", "now.weekday"]
    if not of_a_view:
        fields += ["event.data.a", "before.a", "history.lead.created"]
    field = draw(st.sampled_from(fields[:2] if row.record else fields))
    written = {"field": field, "op": row.name, "value": draw(VALUES[row.takes])}
    if row.folds and draw(st.booleans()):
        written["ignore_case"] = draw(st.booleans())
    if (row.dated or field.startswith(("now.", "history."))) and draw(st.booleans()):
        written["zone"] = draw(st.sampled_from(ZONES))
    if field.startswith("history."):
        written["within"] = draw(durations)
    return written


def grouped(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(
                lambda name, items: {name: items},
                st.sampled_from(["all", "any"]),
                st.lists(inner, min_size=1, max_size=3),
            ),
            st.builds(lambda item: {"not": item}, inner),
        ),
        max_leaves=5,
    )


conditions, filters = grouped(predicates()), grouped(predicates(of_a_view=True))
views = st.fixed_dictionaries({"kind": st.just("lead")}, optional={"filter": filters}) | st.builds(
    lambda view, written: {"view": view, "kind": "lead", "filter": written}, st.just("view_1"), filters
)
late = st.sampled_from([{"policy": "run"}, {"policy": "skip", "hours": 6}])
dates = st.fixed_dictionaries(
    {"kind": st.just("lead"), "field": st.sampled_from(["birth_date", "renews_on"]), "yearly": st.booleans()},
    optional={
        "days": st.integers(-30, 30),
        "at": st.just("07:45"),
        "time_zone": st.sampled_from([*ZONES, "record"]),
        "leap": st.sampled_from(["feb28", "mar1"]),
        "late": late,
    },
)
schedules = st.builds(
    lambda when, view, zone, how: {**when, **view, **zone, **how},
    st.sampled_from(
        [
            {"cron": "*/5 8-17 * * mon-fri"},
            {"cron": "0 9 13 * fri"},
            {"at": "2026-05-01T09:00"},
            {"at": "2026-05-01T09:00:30.5+03:00"},
        ]
    ),
    views | st.just({}),
    st.sampled_from([{}, {"time_zone": "Asia/Jakarta"}]),
    st.sampled_from([{}, {"late": {"policy": "skip", "hours": 6}}]),
)
moves = st.fixed_dictionaries(
    {"stage": st.just("won")},
    optional={"pipeline": st.just("sales"), "from": st.sampled_from([["new"], ["new", "open"]])},
)
events = st.one_of(
    st.fixed_dictionaries({"event": st.sampled_from([["lead.created"], ["lead.field_changed", "call.ended"]])}),
    st.fixed_dictionaries(
        {"event": st.just("lead.updated"), "field": st.just("stage")}, optional={"from": scalars, "to": lists}
    ),
    st.just({"event": "birthday.reached"}),
)
TRIGGERS: Mapping[On, st.SearchStrategy[Any]] = {
    On.EVENT: events,
    On.ENTERS: views.map(lambda view: {"enters": view}),
    On.LEAVES: views.map(lambda view: {"leaves": view}),
    On.DATE: dates.map(lambda date: {"date": date}),
    On.SCHEDULE: schedules.map(lambda schedule: {"schedule": schedule}),
    On.MANUAL: st.just({"manual": True}),
    On.AFTER_RULE: st.sampled_from(
        [{"after_rule": ["rule_x"]}, {"after_rule": ["rule_x", "rule_y"], "outcome": ["failed"]}]
    ),
}


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """A rule as an admin writes it, with what the API adds."""
    trigger = draw(TRIGGERS[draw(st.sampled_from(On))])
    if draw(st.booleans()):
        trigger = {**trigger, "moves_to": draw(moves)}
    optional = {
        "kind": st.just("lead"),
        "conditions": conditions,
        "entry": st.fixed_dictionaries(
            {
                "again": st.sampled_from(["always", "once_per_record", "after_exit", {"every": {"days": 30}}]),
                "only_new": st.booleans(),
                "while_running": st.sampled_from(["parallel", "ignore", "restart"]),
            }
        ),
        "mode": st.sampled_from(["off", "shadow", "on"]),
        "time_zone": st.sampled_from(ZONES),
        "activated_at": st.sampled_from(
            ["2026-03-14T09:30:00Z", "2026-03-14T09:30:00.123456Z", "2026-03-14T09:30:00+05:30"]
        ),
    }
    given = draw(st.fixed_dictionaries({}, optional=optional))
    step = {"id": "it", "action": "add_tags", "with": {"tags": ["x"]}}
    return {
        "id": draw(st.sampled_from(["rule_1", "rule_2"])),
        "version": draw(st.integers(1, 10**9)),
        "name": draw(texts),
        "trigger": trigger,
        "steps": [step],
        **given,
    }


def exact(value: Any) -> Any:
    """All that there is of a value, types included: 1, 1.0 and true are three."""
    name = type(value).__name__
    if isinstance(value, Struct):
        return name, *(exact(getattr(value, field)) for field in value.__struct_fields__)
    if isinstance(value, frozenset):
        return name, *sorted(map(exact, value), key=repr)
    if isinstance(value, Mapping):
        return name, *((key, exact(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return name, *map(exact, value)
    return name, repr(value)


def encoded(*rules: Rule) -> bytes:
    found = encode_rules(rules)
    assert found is not None
    return found


def decoded(form: bytes) -> list[Rule]:
    found = decode_rules(form)
    assert found is not None
    return found


def test_the_generated_rules_have_every_trigger_and_every_kind_of_operand() -> None:
    assert set(TRIGGERS) == set(On)
    assert set(VALUES) == {row.takes for row in OPERATORS.values()}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=st.lists(documents(), max_size=4))
def test_decoded_rules_are_the_parsed_ones(written: list[dict[str, Any]]) -> None:
    parsed = [parse_rule_head(document) for document in written]
    assert exact(decoded(encoded(*parsed))) == exact(parsed)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=documents())
def test_a_whole_rule_is_encoded_as_its_head(written: dict[str, Any]) -> None:
    assert encoded(parse_rule(written)) == encoded(parse_rule_head(written))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=st.lists(documents(), min_size=1, max_size=4), context=contexts)
def test_decoded_rules_match_what_the_parsed_ones_match(written: list[dict[str, Any]], context: dict[str, Any]) -> None:
    parsed = [parse_rule_head(document) for document in written]
    read = decoded(encoded(*parsed))
    for event_type in parsed[0].trigger.event_types:
        asked = {**context, "event": {**context["event"], "type": event_type}}
        assert compile_rules(read).match(asked) == compile_rules(parsed).match(asked)


@pytest.mark.parametrize(("op", "value", "options"), [(op, value, options) for op, value, options, _, _ in TABLE])
def test_each_operand_of_the_reference_is_decoded_as_it_is_parsed(op: str, value: Any, options: dict[str, Any]) -> None:
    condition = {"field": "record.it", "op": op, "value": value, **options}
    parsed = parse_rule_head({"name": "it", "trigger": {"manual": True}, "conditions": condition})
    assert exact(decoded(encoded(parsed))) == exact([parsed])


VIP = {"field": "record.tags", "op": "has", "value": "vip"}
SAMPLE = (
    {"event": ["lead.created"]},
    {"event": "lead.updated", "field": "stage", "from": 1, "to": "won", "moves_to": {"stage": "won", "from": ["a"]}},
    {"enters": {"kind": "lead", "filter": {"any": [VIP, {"not": {"field": "record.a", "op": ">", "value": 1.5}}]}}},
    {"date": {"kind": "lead", "field": "birth_date", "yearly": True, "days": -3, "at": "09:00", "time_zone": "record"}},
    {"schedule": {"cron": "0 9 * * mon-fri", "kind": "lead", "late": {"policy": "skip", "hours": 6}}},
    {"schedule": {"at": "2026-05-01T09:00+03:00"}},
)


def sample() -> list[Rule]:
    conditions = {
        "all": [
            {"field": "record.a", "op": "equals", "value": "a"},
            {"field": "record.a", "op": "in", "value": ["a", 1, True], "ignore_case": True},
            {"field": "record.due_on", "op": "before", "value": {"ahead": {"days": 3}}, "zone": "Asia/Jakarta"},
            {"field": "history.lead.created", "op": ">=", "value": 2, "within": {"days": 7}},
        ]
    }
    more = {"conditions": conditions, "time_zone": "Europe/Istanbul", "activated_at": "2026-03-14T09:30:00Z"}
    return [
        parse_rule_head({"id": f"rule_{number}", "version": 2, "name": "it", "trigger": trigger, "mode": "on", **more})
        for number, trigger in enumerate(SAMPLE)
    ]


def test_the_form_changes_only_with_its_format() -> None:
    assert hashlib.sha256(encoded(*sample())).hexdigest()[:16] == DIGESTS[compact_form.FORMAT]


def test_what_rules_share_is_written_once() -> None:
    [rule, *_] = sample()
    one, many = encoded(rule), encoded(*[rule] * 11)
    assert len(many) - len(one) < 10 * 120
    first, *others = decoded(many)
    assert all(other.trigger is first.trigger for other in others)


def test_decoding_loads_neither_time_zones_nor_timers_for_rules_without_them() -> None:
    form = encoded(*sample()[:3])
    code = (
        "import sys; from whenthen.domain.rules.compact_form import decode_rules; "
        f"rules = decode_rules({form!r}); "
        "print(len(rules), [name for name in sys.modules if name.endswith(('zoneinfo', 'timers', 'schedules'))])"
    )
    layer = Path(whenthen.__file__).parents[1]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=layer
    )
    assert done.stdout.strip() == "3 []"


def test_another_format_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    form = encoded(*sample())
    monkeypatch.setattr(compact_form, "FORMAT", compact_form.FORMAT + 1)
    assert decode_rules(form) is None
    assert decoded(encoded(*sample())) == sample()


def test_a_text_without_utf_8_has_no_compact_form() -> None:
    assert encode_rules([parse_rule_head({"name": "half \ud83d", "trigger": {"manual": True}})]) is None


@given(noise=st.binary(max_size=40))
def test_noise_is_not_decoded(noise: bytes) -> None:
    assert decode_rules(noise) is None


def test_no_part_of_a_form_is_decoded() -> None:
    form = encoded(*sample()[:2])
    assert all(decode_rules(form[:length]) is None for length in range(len(form)))


nodes = st.one_of(
    st.none(), st.booleans(), st.integers(-99, 99), st.sampled_from(["", "x", 0.5, [], [[]], {}, {"a": 1}])
)


@settings(max_examples=400, deadline=None)
@given(at=st.integers(0, 10**6), node=nodes)
def test_a_form_with_something_else_in_one_place_is_never_an_error(at: int, node: Any) -> None:
    form = json.loads(encoded(*sample()))
    places = [*_places(form)]
    parent, key = places[at % len(places)]
    parent[key] = node
    found = decode_rules(json.dumps(form).encode())
    assert found is None or all(isinstance(rule, Rule) for rule in found)


def _places(node: Any) -> Any:
    for key in range(len(node)) if isinstance(node, list) else sorted(node):
        yield node, key
        if isinstance(node[key], list | dict):
            yield from _places(node[key])
