"""Stories of messages that are held: in quiet hours, and over a cap that leaves place for one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.faults.stories import PHONE
from tests.faults.telling import Ending, Stage, Story
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import Job, JobStatus

_DONE = JobStatus.DONE.value
_QUIET: Mapping[str, Any] = {"quiet_hours": {"from": "12:00", "to": "14:00"}}
_ONE_A_WEEK: Mapping[str, Any] = {"marketing": [{"channel": "whatsapp", "most": 1, "per": {"days": 7}}]}
HELLO: Mapping[str, Any] = {"id": "hello", "action": "send_whatsapp", "with": {"to": PHONE, "template": "welcome"}}
NOTE: Mapping[str, Any] = {"id": "note", "action": "create_task", "with": {"title": "Call"}}


def _rule(rule_id: str, *steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    trigger = {"event": "offer.made"}
    return {"id": rule_id, "name": rule_id, "mode": "on", "trigger": trigger, "steps": list(steps), **more}


def _offer(stage: Stage) -> None:
    stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now()))


def _job(stage: Stage, rule_id: str) -> Job:
    (state,) = [state for state in stage.states() if state.run.rule_id == rule_id]
    return next(job for job in state.jobs if job.step_id == "hello")


def _finished(stage: Stage, rule_id: str) -> datetime:
    found = _job(stage, rule_id).finished_at
    assert found is not None
    return found


def _prepare_quiet(stage: Stage) -> None:
    """It is 12:30 in Istanbul, where the number is from; the rule is of a zone in which it is morning."""
    stage.has_settings("limits", _QUIET)
    stage.has_rule(_rule("rule_hello", HELLO, NOTE, time_zone="Europe/London"))


def _it_went_at_two(stage: Stage) -> None:
    two = stage.states()[0].run.entered.replace(hour=11, minute=0)
    assert _job(stage, "rule_hello").woken == two
    assert _finished(stage, "rule_hello") >= two
    assert len(stage.records("task")) == 1


def _prepare_cap(stage: Stage) -> None:
    """Two rules want to write to one person at the same moment, and only one may within a week."""
    stage.has_settings("limits", _ONE_A_WEEK)
    stage.has_rule(_rule("rule_news", HELLO))
    stage.has_rule(_rule("rule_offer", HELLO, priority=10))


def _the_important_one_went_first(stage: Stage) -> None:
    """The other a week later: no window of seven days has two."""
    between = _finished(stage, "rule_news") - _finished(stage, "rule_offer")
    assert abs(between) >= timedelta(days=7) - timedelta(minutes=10), "whose lease ran out is finished later"


HOLD_STORIES = (
    Story(
        "a message is held until quiet hours end",
        _prepare_quiet,
        _offer,
        (Ending("rule_hello", "done", {"hello": _DONE, "note": _DONE}),),
        _it_went_at_two,
    ),
    Story(
        "a cap lets one of two messages go",
        _prepare_cap,
        _offer,
        (Ending("rule_news", "done", {"hello": _DONE}), Ending("rule_offer", "done", {"hello": _DONE})),
        _the_important_one_went_first,
    ),
)
