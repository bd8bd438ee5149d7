"""A template is not deleted while open runs need it, whose rule was changed or deleted since."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Conflict, NotFound
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.templates import manage_templates
from whenthen.usecases.templates.manage_templates import NEEDED_BY_RUNS, TOO_MANY_RUNS, ManageTemplates

LATER = {"id": "later", "action": "send_whatsapp", "wait": {"days": 1}, "with": {"stored_template": "template_1"}}
PLAIN = {"id": "later", "action": "send_whatsapp", "wait": {"days": 1}, "with": {"text": "Hi"}}


@pytest.fixture
def going(world: World) -> tuple[World, Rule]:
    """A run that waits for the step that names the template, and its rule."""
    world.has_texts("template_1", "whatsapp", en={"text": "Hello"})
    written = world.has_rule(rule(LATER))
    world.happens("lead.created", subject="lead:1")
    world.settle()
    return world, written


def manage(world: World) -> ManageTemplates:
    return ManageTemplates(world.templates, world.rules, world.runs, world.clock)


def changed(world: World, written: Rule, *steps: dict[str, Any]) -> None:
    current = world.rules.get(written.id)
    document = {**current.document, "steps": list(steps), "version": current.version + 1}
    new = type(current)(written.id, current.version + 1, document, world.clock.now(), "ayse")
    world.rules.save(new, parse_rule(document), current)


def deleted(world: World, written: Rule) -> None:
    current = world.rules.get(written.id)
    world.rules.delete(current, parse_rule(current.document))


def refusal(world: World) -> Any:
    with pytest.raises(Conflict) as refused:
        manage(world).delete("template_1", version=None)
    return refused.value.reason


@pytest.mark.parametrize("how", ["changed", "deleted"])
def test_an_open_run_of_an_older_version_keeps_it(going: tuple[World, Rule], how: str) -> None:
    world, written = going
    changed(world, written, PLAIN) if how == "changed" else deleted(world, written)
    assert refusal(world) == NEEDED_BY_RUNS(rules=[written.id])
    world.run_out()
    (job,) = world.runs.jobs.values()
    assert job.status is JobStatus.DONE, job.reason
    manage(world).delete("template_1", version=None)
    with pytest.raises(NotFound):
        manage(world).get("template_1")


def test_a_run_of_a_version_that_does_not_name_it_keeps_nothing(world: World) -> None:
    world.has_texts("template_1", "whatsapp", en={"text": "Hello"})
    written = world.has_rule(rule(LATER))
    changed(world, written, PLAIN)
    world.happens("lead.created", subject="lead:1")
    world.settle()
    assert [run.rule_version for run in world.runs.runs.values()] == [2]
    manage(world).delete("template_1", version=None)


def test_with_too_many_open_runs_it_stays(going: tuple[World, Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    world, written = going
    changed(world, written, PLAIN)
    for number in range(3):
        world.happens("lead.created", f"more-{number}", subject="lead:1")
    world.settle()
    ((old, run),) = [(key, each) for key, each in world.runs.runs.items() if each.rule_version == 1]
    del world.runs.runs[old]
    monkeypatch.setattr(manage_templates, "RUNS_OF_PAGE", 1)
    monkeypatch.setattr(manage_templates, "MAX_PAGES", 2)
    assert refusal(world) == TOO_MANY_RUNS(count=2)
    world.runs.runs = {old: run}
    assert refusal(world) == NEEDED_BY_RUNS(rules=[written.id])
