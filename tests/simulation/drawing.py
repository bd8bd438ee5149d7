"""Draw stories. What is drawn first is simplest, so that a story that fails shrinks to little."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.simulation.story import (
    CHANNELS,
    EVENTS,
    RECORDS,
    REPLY,
    STATUSES,
    Action,
    Agrees,
    Await,
    Bulk,
    Cap,
    Chaos,
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

MOST_RULES, MOST_STEPS, MOST_MOMENTS = 3, 4, 9

_ACTIONS = st.sampled_from(("webhook", "task", "email", "whatsapp", "webhook", "fail"))
_GAPS = st.sampled_from((3_600, 1, 40, 600, 7 * 3_600, 86_400, 3 * 86_400))
_WAITS = st.one_of(
    st.builds(Wait, minutes=st.sampled_from((30, 1, 240))),
    st.builds(
        Wait,
        days=st.integers(0, 3),
        at=st.sampled_from(("10:00", "18:30")),
        weekdays=st.sampled_from(((), ("mon", "tue", "wed", "thu", "fri"))),
    ),
    st.builds(Wait, days=st.integers(1, 4)),
    st.builds(Wait, business_days=st.integers(1, 3), at=st.sampled_from((None, "10:00", "20:00"))),
)
_AWAITS = st.builds(Await, st.sampled_from((REPLY, *EVENTS)), st.sampled_from((240, 30, 3 * 24 * 60)))
_ENTRIES = (
    ("always", "parallel"),
    ("always", "parallel"),
    ("once_per_record", "parallel"),
    ("after_exit", "parallel"),
    ("1", "parallel"),
    ("3", "ignore"),
    ("always", "ignore"),
    ("always", "restart"),
)
"""How often a lead may enter, and what an event does while it has a run."""

_STATUS = st.sampled_from(STATUSES)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw nothing, or sometimes one of these."""
    return st.one_of(st.none(), st.none(), strategy)


@st.composite
def _rules(draw: st.DrawFn, rule_id: str, actions: st.SearchStrategy[str]) -> Rule:
    count = draw(st.integers(1, MOST_STEPS))
    steps: list[Step] = []
    for number in range(count):
        together = number > 0 and draw(st.integers(0, 4)) == 4
        wait = None if together else draw(maybe(st.one_of(_WAITS, _WAITS, _AWAITS)))
        awaits = wait if isinstance(wait, Await) else None
        steps.append(
            Step(
                f"s{number}",
                draw(actions),
                wait if isinstance(wait, Wait) else None,
                together,
                draw(maybe(_STATUS)),
                awaits=awaits,
                on_error=draw(st.sampled_from(("stop", "continue"))),
                service=draw(st.sampled_from((False, False, False, True))),
            )
        )
    return Rule(
        rule_id,
        draw(st.sampled_from(EVENTS)),
        tuple(_branching(draw, steps)),
        draw(maybe(_STATUS)),
        draw(st.sampled_from(((), (REPLY,), (EVENTS[1],)))),
        draw(maybe(_STATUS)),
        draw(maybe(maybe(_STATUS))),
        draw(st.sampled_from((0, 0, 5))),
        *draw(st.sampled_from(_ENTRIES)),
    )


def _branching(draw: st.DrawFn, steps: list[Step]) -> list[Step]:
    """Let some of the steps lead to a later one, which begins its group."""
    targets = [number for number, step in enumerate(steps) if not step.together]
    found = []
    for number, step in enumerate(steps):
        later = [steps[target].id for target in targets if target > number]
        branch = maybe(st.sampled_from(later)) if later else st.none()
        otherwise = draw(branch) if step.only_if else None
        on_error = (draw(branch) if step.action == "fail" else None) or step.on_error
        awaits = step.awaits and replace(step.awaits, then=draw(branch), otherwise=draw(branch))
        urgent = step.action in CHANNELS and draw(st.sampled_from((False, False, False, True)))
        found.append(replace(step, urgent=urgent, otherwise=otherwise, on_error=on_error, awaits=awaits))
    return found


def _controls(rules: tuple[Rule, ...], records: tuple[str, ...]) -> st.SearchStrategy[Action]:
    """Draw what a person does to one of the rules or leads, or to all sending."""
    rule, record = st.sampled_from([rule.id for rule in rules]), st.sampled_from(records)
    ends = st.sampled_from(("stop", "pause", "finish"))
    return st.one_of(
        st.builds(Bulk, rule, st.sampled_from(("pause", "resume", "stop"))),
        st.builds(Bulk, rule, st.sampled_from(("pause", "resume"))),
        st.builds(Switches, rule, st.just("off"), ends),
        st.builds(Switches, rule, st.just("on"), st.sampled_from(("keep", "resume"))),
        st.builds(Sending, st.booleans()),
        st.builds(Revises, rule, st.sampled_from(("move", "keep", "stop"))),
        st.builds(Revises, rule, st.just("move")),
        st.builds(Removes, rule, ends),
        st.builds(Deletes, record),
    )


def _of_the_living(moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
    """Leave out what happens to a lead that was deleted, switches of rules that were, and second versions."""
    found, gone, revised = [], set[str](), set[str]()
    for moment in moments:
        match moment.action:
            case Happens(record=record) | Edits(record=record) | Agrees(record=record) | Deletes(record) if (
                record in gone
            ):
                continue
            case Switches(rule=rule) | Removes(rule) if rule in gone:
                continue
            case Revises(rule) if rule in gone or rule in revised:
                continue
            case Revises(rule):
                revised.add(rule)
            case Deletes(ended) | Removes(ended):
                gone.add(ended)
        found.append(moment)
    return tuple(found)


def _let_go(rules: tuple[Rule, ...], moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
    """Let all go on in the end that people held back."""
    actions = [moment.action for moment in moments]
    held: list[Action] = [Bulk(rule.id, "resume") for rule in rules if _pauses(actions, rule.id)]
    held += [Sending(paused=False)] if Sending(paused=True) in actions else []
    return (*moments, *(Moment(86_400, action) for action in held))


def _pauses(actions: list[Action], rule: str) -> bool:
    return any(
        isinstance(each, Bulk | Switches | Removes)
        and each.rule == rule
        and "pause" in (each.change if isinstance(each, Bulk) else each.runs)
        for each in actions
    )


@st.composite
def _moments(draw: st.DrawFn, rules: tuple[Rule, ...], records: tuple[str, ...]) -> tuple[Moment, ...]:
    """Draw what happens: mostly events that start the rules."""
    record, count = st.sampled_from(records), draw(st.integers(2, MOST_MOMENTS))
    events = st.sampled_from([rule.event for rule in rules])
    kinds: dict[str, st.SearchStrategy[Action]] = {
        "starts": st.builds(Happens, events, record, st.sampled_from((1, 1, 2, 3))),
        "replies": st.builds(Happens, st.sampled_from((REPLY, *EVENTS)), record),
        "edits": st.builds(Edits, record, _STATUS),
        "agrees": st.builds(Agrees, record, st.sampled_from(CHANNELS), st.sampled_from((False, False, True))),
        "controls": _controls(rules, records),
    }
    found = []
    for number in range(count):
        kind = draw(st.sampled_from(_KINDS)) if number else "starts"
        found.append(Moment(draw(_GAPS), draw(kinds[kind]), draw(st.sampled_from((False, False, True)))))
    return tuple(found)


_KINDS = (
    "starts",
    "starts",
    "starts",
    "starts",
    "replies",
    "replies",
    "edits",
    "edits",
    "agrees",
    "controls",
    "controls",
)
"""Kinds of moments of a story, by how often each is drawn."""

_LIMITS = st.builds(
    Limits,
    maybe(st.sampled_from((("21:00", "09:00"), ("12:00", "14:00")))),
    st.one_of(
        st.just(()),
        st.lists(
            st.builds(Cap, st.sampled_from(("any", *CHANNELS)), st.integers(1, 2), st.sampled_from((1, 7))), max_size=2
        ).map(tuple),
    ),
)
_CHAOS = st.builds(
    Chaos,
    st.lists(st.integers(1, 400), max_size=3, unique=True).map(tuple),
    st.lists(st.integers(1, 60), max_size=4, unique=True).map(tuple),
    st.integers(0, 1_000),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a story."""
    count = draw(st.integers(1, MOST_RULES))
    actions = draw(st.sampled_from((_ACTIONS, _ACTIONS, st.sampled_from(CHANNELS))))
    rules = tuple(draw(_rules(f"rule_{number}", actions)) for number in range(1, count + 1))
    records = draw(st.sampled_from((RECORDS, RECORDS[:1])))
    moments = draw(_moments(rules, records))
    return Story(rules, _let_go(rules, _of_the_living(moments)), draw(_LIMITS), draw(_CHAOS))
