"""The model sees what is wrong: of each kind of fault one, in a story that is told well but for that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.simulation.judging import problems_of
from tests.simulation.model.effects import Key
from tests.simulation.playing import Seen, play
from tests.simulation.story import (
    EVENTS,
    REPLY,
    Bulk,
    Cap,
    Control,
    Deletes,
    Edits,
    Happens,
    Limits,
    Moment,
    Removes,
    Revises,
    Rule,
    Sending,
    Step,
    Story,
    Switches,
    Wait,
)

MAIL = Step("mail", "email")
CALL = Step("call", "task", Wait(days=1, at="10:00"), only_if="new", otherwise="tell")
GIFT = Step("gift", "webhook")
TELL = Step("tell", "webhook")
RULE = Rule("rule_1", EVENTS[0], (MAIL, CALL, GIFT, TELL), exits_on=(REPLY,))
STORY = Story((RULE,), (Moment(60, Happens(EVENTS[0], "1")), Moment(5 * 86_400, Happens(REPLY, "1"))))
MAILED, CALLED, TOLD = (("rule_1", step, 0, "1") for step in ("mail", "call", "tell"))


def _story(*moments: Moment) -> Story:
    return replace(STORY, moments=(STORY.moments[0], *moments))


def test_a_story_that_is_told_well_has_no_problems() -> None:
    seen = play(STORY)
    assert problems_of(STORY, seen) == []
    assert len(seen.effects) == 4


def test_a_step_whose_condition_is_false_leads_to_the_other_one() -> None:
    story = _story(Moment(60, Edits("1", "hot")))
    seen = play(story)
    assert problems_of(story, seen) == []
    assert set(seen.effects) == {MAILED, TOLD}


def _with(seen: Seen, key: Key, *times: datetime) -> Seen:
    return replace(seen, effects={**seen.effects, key: list(times)})


@pytest.mark.parametrize("key", [MAILED, CALLED, TOLD])
def test_an_effect_that_is_missing_is_seen(key: Key) -> None:
    seen = play(STORY)
    rest = {each: times for each, times in seen.effects.items() if each != key}
    assert any("missing" in each for each in problems_of(STORY, replace(seen, effects=rest)))


def test_an_effect_that_is_doubled_is_seen() -> None:
    seen = play(STORY)
    (at,) = seen.effects[TOLD]
    (problem,) = problems_of(STORY, _with(seen, TOLD, at, at))
    assert "doubled" in problem


@pytest.mark.parametrize("late", [-86_400, -1, 1, 86_400])
def test_an_effect_outside_its_window_is_seen(late: int) -> None:
    seen = play(STORY)
    (at,) = seen.effects[CALLED]
    assert any("and not from" in each for each in problems_of(STORY, _with(seen, CALLED, at + timedelta(seconds=late))))


def test_an_effect_after_an_exit_is_seen() -> None:
    seen = play(STORY)
    story = _story(Moment(60, Happens(REPLY, "1")))
    found = problems_of(story, replace(seen, times=play(story).times))
    assert any(str(CALLED) in each and "must not be" in each for each in found)


def test_an_effect_of_which_the_model_knows_nothing_is_seen() -> None:
    seen = play(STORY)
    assert problems_of(STORY, _with(seen, ("rule_9", "mail", 0, "1"), seen.times[0]))


def test_what_is_left_under_way_is_seen() -> None:
    seen = replace(play(STORY), left=("open run run_1 of rule_1",))
    assert problems_of(STORY, seen) == ["open run run_1 of rule_1"]


def test_a_message_may_be_lost_only_where_a_process_died_around_its_sending() -> None:
    seen = play(STORY)
    rest = {key: times for key, times in seen.effects.items() if key != MAILED}
    died = replace(seen, effects=rest, killed=((seen.times[0], "before mailer.send"),))
    assert problems_of(STORY, died) == []
    assert problems_of(STORY, replace(died, killed=((seen.times[0], "before log.close"),)))


HELLO = Step("hello", "whatsapp")
NEWS = Rule("rule_2", EVENTS[0], (HELLO,))


def test_a_message_in_quiet_hours_is_seen() -> None:
    story = replace(STORY, rules=(NEWS,), limits=Limits(quiet=("12:00", "14:00")))
    assert problems_of(story, play(story)) == []
    found = problems_of(story, play(replace(story, limits=Limits())))
    assert any("in quiet hours" in each for each in found)


def test_a_message_over_a_cap_is_seen() -> None:
    story = _story(Moment(3_600, Happens(EVENTS[0], "1")))
    story = replace(story, rules=(NEWS,), limits=Limits(caps=(Cap("any", 1, 7),)))
    assert problems_of(story, play(story)) == []
    (problem,) = problems_of(story, play(replace(story, limits=Limits())))
    assert "over the cap of 1 in 7 days" in problem


@pytest.mark.parametrize(
    "does",
    [
        Bulk("rule_1", "stop"),
        Switches("rule_1", "off", "stop"),
        Removes("rule_1", "stop"),
        Deletes("1"),
        Bulk("rule_1", "pause"),
        Switches("rule_1", "off", "pause"),
    ],
    ids=str,
)
def test_an_effect_of_a_run_that_people_stopped_or_paused_is_seen(does: Control) -> None:
    """The model finds fault with the effects that the story has without it."""
    story = _story(Moment(60, does), Moment(5 * 86_400, Bulk("rule_1", "resume")))
    seen = play(story)
    assert problems_of(story, seen) == []
    rash = replace(play(STORY), times=seen.times)
    assert any(str(CALLED) in each for each in problems_of(story, rash))


def test_an_effect_of_a_rule_that_is_off_is_seen() -> None:
    off = Moment(1, Switches("rule_1", "off", "finish"))
    story = replace(STORY, moments=(off, Moment(59, Happens(EVENTS[0], "1"))))
    seen = play(story)
    assert (problems_of(story, seen), seen.effects) == ([], {})
    assert problems_of(story, _with(seen, ("rule_1", "mail", 1, "1"), seen.times[1]))


def test_a_message_is_seen_that_goes_while_all_sending_is_stopped() -> None:
    story = replace(STORY, moments=(Moment(1, Sending(paused=True)), *STORY.moments, Moment(60, Sending(paused=False))))
    seen = play(story)
    assert problems_of(story, seen) == []
    key = ("rule_1", "mail", 1, "1")
    assert problems_of(story, _with(seen, key, seen.times[1]))


LATER = Rule("rule_1", EVENTS[0], (Step("call", "webhook", Wait(minutes=240)),))
TWO = replace(STORY, moments=(Moment(60, Happens(EVENTS[0], "1")), Moment(3_600, Happens(EVENTS[0], "1"))))


@pytest.mark.parametrize(
    ("again", "running", "enters"),
    [
        ("always", "restart", {1}),
        ("always", "ignore", {0}),
        ("once_per_record", "parallel", {0}),
        ("after_exit", "parallel", {0}),
        ("3", "parallel", {0}),
    ],
)
def test_an_effect_of_a_run_that_must_not_begin_or_go_on_is_seen(again: str, running: str, enters: set[int]) -> None:
    story = replace(TWO, rules=(replace(LATER, again=again, running=running),))
    seen = play(story)
    assert (problems_of(story, seen), {key[2] for key in seen.effects}) == ([], enters)
    rash = play(replace(TWO, rules=(LATER,)))
    (problem,) = problems_of(story, rash)
    assert "must not be" in problem


@pytest.mark.parametrize(("runs", "has_the_step"), [("move", True), ("keep", False), ("stop", False)])
def test_a_step_of_a_new_version_is_seen_that_must_not_be_or_is_missing(runs: str, has_the_step: bool) -> None:
    story = _story(Moment(60, Revises("rule_1", runs)))
    seen, added = play(story), ("rule_1", "added", 0, "1")
    assert (problems_of(story, seen), added in seen.effects) == ([], has_the_step)
    rest = {key: times for key, times in seen.effects.items() if key != added}
    wrong = replace(seen, effects=rest) if has_the_step else _with(seen, added, seen.times[-1])
    assert problems_of(story, wrong)
