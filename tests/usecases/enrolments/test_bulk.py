"""An enrolment of 20,000 records: exact counts, through deaths of its worker, pauses and a stop, and nobody twice.

The worker, its store and its state machine are those of the other tests. The matcher only decides, and starts no run:
what it does is tested elsewhere, at two milliseconds for a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeViews
from tests.usecases.fakes.taps import Tap
from tests.usecases.fakes.wiring import Functions
from tests.usecases.fakes.world import Killed, World
from tests.usecases.rules import NOTE, rule
from whenthen.domain.enrolments.enrolment import Enrolment, EnrolmentStatus
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.entry_policy import EntryDenied
from whenthen.domain.runs.happenings import run_id
from whenthen.ports.values import NotEntered, Plan, Planned
from whenthen.usecases.enrolments import count_members, let_enter
from whenthen.usecases.runs.start_rule import StartRule

pytestmark = pytest.mark.long

RECORDS = 20_000
FITTING = 19_000
"""Records that are in the view; the others are of another status."""

NEW = {"field": "record.status", "op": "equals", "value": "new"}
CALLS = ("enrolment_store.", "enrolment_workers.", "bus.", "log.plans_of", "records.list", "records.get_all")


RESTS = {
    EnrolmentStatus.PAUSED: EntryDenied.ENROLMENT_PAUSED,
    EnrolmentStatus.STOPPED: EntryDenied.ENROLMENT_STOPPED,
}


class Killing:
    """Kills the worker before or after some of its calls."""

    def __init__(self, *moments: int) -> None:
        self.moments, self.passed = set(moments), 0

    def before(self, call: str) -> None:
        self._pass(call)

    def after(self, call: str) -> None:
        self._pass(call)

    def _pass(self, call: str) -> None:
        if call.startswith(CALLS):
            self.passed += 1
            if self.passed in self.moments:
                raise Killed


class Bulk(World):
    """A world whose matcher decides at once, and notes which runs it would start.

    at   number of decided records → what a person does then
    """

    def begin(self, at: dict[int, Callable[[], object]]) -> Enrolment:
        """Write the records, and begin to enrol them."""
        self.at, self.runs_of, self.decided = at, Counter[tuple[str, str]](), 0
        for number in range(RECORDS):
            status = "new" if number % 20 else "lost"
            self.has_record(f"lead:{number:05d}", status=status, email=f"p{number}@example.com")
        self.rule: Rule = self.has_rule({**rule(NOTE), "trigger": {"manual": True}})
        start = StartRule(
            self.rules, FakeViews(), self.records, self.functions.enrolments, self.bus, self.claim_key, self.clock
        )
        answer = start(self.rule.id, {"kind": "lead", "filter": NEW}, seed="bulk", by="ayse")
        return self.enrolments.get(answer["enrolment"])

    def wire(self, tap: Tap) -> Functions:
        """The use cases, with the matcher that only decides."""
        return replace(super().wire(tap), match_event=self._decide)  # type: ignore[arg-type]

    def _decide(self, event: Event) -> None:
        if self.log.plan_of(event.id) is not None:
            return
        status = self.enrolments.get(str(event.data["enrolment"])).status
        planned = Planned(self.rule.id, self.rule.version, event.subject)
        now, cause = self.clock.now(), RESTS.get(status)
        plan = Plan(event, None, (planned,), completed=True, decided_at=now)
        if cause is not None:
            plan = Plan(event, None, (), completed=True, refused=(NotEntered(*planned, cause),), decided_at=now)
        else:
            self.runs_of[str(event.subject), run_id(event, self.rule, event.subject)] += 1
            self.decided += 1
        self.log.record_plan(plan, now)
        self.at.pop(self.decided, lambda: None)()

    def _restart(self) -> None:
        """The worker died. A person sees that nothing goes on, and resumes it, beside the execution of before."""
        super()._restart()
        for work in self.enrolments.kept.values():
            if work.status is EnrolmentStatus.RUNNING:
                self.functions.manage_enrolments.resume(work.id)

    @property
    def entered(self) -> Counter[str]:
        """How many runs each record has."""
        return Counter(ref for ref, _ in self.runs_of)


@pytest.fixture(autouse=True)
def small() -> None:
    """Chunks, batches and the window are as large as they are."""
    assert (count_members.PAGE * count_members.PAGES, let_enter.BATCH, let_enter.WINDOW) == (500, 100, 500)


@pytest.mark.parametrize("seed", [20_000])
def test_killed_twice_and_paused_twice_everybody_enters_once(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    kills = Killing(*random.sample(range(20, 500), 2))
    world = Bulk(tap=kills)
    pauses = sorted(random.sample(range(1_000, FITTING - 1_000), 2))
    work: Any = None

    def pause() -> None:
        world.functions.manage_enrolments.pause(work.id, by="ayse")

    work = world.begin(dict.fromkeys(pauses, pause))
    for paused_at in pauses:
        world.run_out()
        held = world.enrolments.get(work.id)
        assert (held.status, held.done, world.decided) == (EnrolmentStatus.PAUSED, paused_at, paused_at)
        world.pass_time(hours=3)
        assert world.decided == paused_at
        world.functions.manage_enrolments.resume(work.id)
    world.run_out()
    done = world.enrolments.get(work.id)
    assert (done.status, done.of, done.counts) == (EnrolmentStatus.DONE, FITTING, {"entered": FITTING})
    assert (len(world.entered), set(world.entered.values())) == (FITTING, {1})
    assert world.kills == len(kills.moments)


def test_a_stop_ends_it_with_exact_counts() -> None:
    world = Bulk(tap=Killing(150))
    work: Any = None
    at = 7_321
    work = world.begin({at: lambda: world.functions.manage_enrolments.stop(work.id, by="ayse")})
    world.run_out()
    world.pass_time(hours=3)
    ended = world.enrolments.get(work.id)
    assert (ended.status, ended.of, ended.counts["entered"]) == (EnrolmentStatus.STOPPED, FITTING, at)
    assert ended.counts.keys() == {"entered", "enrolment_stopped"}
    assert at < ended.done <= at + let_enter.WINDOW
    assert (len(world.entered), set(world.entered.values()), world.kills) == (at, {1}, 1)
