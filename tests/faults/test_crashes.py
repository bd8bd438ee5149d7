"""Crash sweep: the function is killed before and after each single call to a port, and what drives it goes on.

What must hold is in `stories.verify`: nothing is lost, nothing happens twice, and the one send that cannot be
told from its crash ends as `unknown`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.samples import why
from tests.examples import examples
from tests.faults.entry_stories import ENTRY_STORIES
from tests.faults.hold_stories import HOLD_STORIES
from tests.faults.kills import Kills, tell
from tests.faults.other_stories import OTHER_STORIES
from tests.faults.stories import STORIES
from tests.faults.telling import KEYLESS, Story, verify
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import Killed, World
from whenthen.domain.common.errors import AnswerLost, WhenthenError
from whenthen.domain.events.event import Event
from whenthen.domain.records.record import Record
from whenthen.ports.values import RunState
from whenthen.usecases.enrolments import count_members, let_enter


class FakeStage:
    """A stage of fakes."""

    def __init__(self, kills: Kills) -> None:
        self.kills = kills
        self.world = World(tap=kills)

    def now(self) -> Any:
        return self.world.clock.now()

    def has_rule(self, document: Mapping[str, Any]) -> object:
        return self.world.has_rule(document)

    def has_settings(self, name: str, document: Mapping[str, Any]) -> None:
        self.world.settings.save(name, document)

    def graph_knows(self, lead: Mapping[str, Any]) -> None:
        self.world.graph.documents[lead["id"]] = lead

    def post_to_meta_hook(self, headers: Mapping[str, str], body: bytes) -> None:
        while True:
            try:
                self.world.functions.receive_meta(headers, body)
            except (Killed, WhenthenError):
                continue
            return

    def has_source(self, name: str, document: Mapping[str, Any], secret: str) -> None:
        self.world.sources.kept[name] = document
        self.world.secrets.kept[f"sources/{name}"] = {"secret": secret}

    def post_to_hook(self, name: str, headers: Mapping[str, str], body: bytes) -> None:
        while True:
            try:
                self.world.functions.receive_webhook(name, headers, body)
            except (Killed, WhenthenError):
                continue
            return

    def publish(self, event: Event) -> None:
        while True:
            try:
                self.world.functions.publish(event)
            except (Killed, WhenthenError):
                continue
            return

    def writes(self, ref: str, **fields: Any) -> None:
        self.world.changes(ref, **fields)

    def tick(self) -> None:
        self.world.queues["sweeps"].add({"sweep": "dates"})

    def pass_time(self, **by: float) -> None:
        self.world.clock.move(**by)

    def lose_an_answer(self) -> None:
        for provider in (self.world.graph, self.world.mailer):
            provider.will(Fails(AnswerLost(why("no answer came")), taken=True))

    def receive_mail(self, raw: bytes, external_id: str) -> None:
        self.world.objects.kept[f"inbound/{external_id}"] = raw
        self.world.queues["mail"].add(f"inbound/{external_id}")

    def report_of_ses(self, report: Mapping[str, Any]) -> None:
        self.world.queues["mail"].add(report)

    def objects(self) -> Mapping[str, bytes]:
        return self.world.objects.kept

    def settle(self) -> None:
        self.world.settle()

    def run_out(self) -> None:
        self.world.run_out()

    def states(self) -> Sequence[RunState]:
        loaded = [self.world.runs.load(run_id) for run_id in self.world.runs.runs]
        return [state for state in loaded if state is not None]

    def records(self, kind: str) -> Sequence[Record]:
        return self.world.records.list(kind, limit=100, cursor=None).items

    def effects(self) -> Counter[str]:
        world = self.world
        return Counter(
            [f"email {mail.headers['X-Whenthen-Job']}" for mail in world.mailer.sent]
            + [f"whatsapp {key.partition('/')[2]}" for _, key in world.graph.sent]
            + sorted({f"webhook {request.headers['idempotency-key']}" for request in world.http.sent})
        )

    def left_over(self) -> Sequence[str]:
        queues = self.world.queues.values()
        waiting = [f"{queue.name}: {body}" for queue in queues for body in queue.bodies]
        dead = [f"{queue.name}, dead: {body}" for queue in queues for body in queue.dead]
        return [*waiting, *dead, *self.world.sequences.open]


AROUND_THE_SEND = frozenset(
    {
        "after runs.claim",
        "before mailer.send",
        "after mailer.send",
        "before threads.remember",
        "after threads.remember",
        "before graph.send_message",
        "after graph.send_message",
        "before runs.complete",
    }
)
"""Where a crash leaves a send of which nobody can say whether it took place."""


ALL = (*STORIES, *OTHER_STORIES, *HOLD_STORIES, *ENTRY_STORIES)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view of three records is counted in three chunks, and its records enter one after the other."""
    monkeypatch.setattr(count_members, "PAGE", 1)
    monkeypatch.setattr(count_members, "PAGES", 1)
    monkeypatch.setattr(let_enter, "BATCH", 1)


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.name)
def test_undisturbed_everything_happens_once(story: Story) -> None:
    kills = Kills()
    verify(story, tell(story, FakeStage(kills), kills))
    assert len(kills.passed) > 10, "the sweep below has something to sweep"


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.name)
def test_a_crash_at_any_moment_loses_nothing_and_doubles_nothing(story: Story) -> None:
    undisturbed = Kills()
    tell(story, FakeStage(undisturbed), undisturbed)
    moments = undisturbed.passed
    unknown = 0
    for place, moment in enumerate(moments):
        kills = Kills(place)
        stage = tell(story, FakeStage(kills), kills)
        assert kills.passed[place] == moment, "the story is told the same way each time"
        around = moment in AROUND_THE_SEND
        verify(story, stage, ambiguous=frozenset(KEYLESS) if around else frozenset())
        unknown += any(job.status == "unknown" for state in stage.states() for job in state.jobs)
    sends = {"before mailer.send", "before graph.send_message"} & set(moments)
    assert unknown or not sends, "the sweep met the one send that cannot be told from its crash"


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.name)
@given(moments=st.sets(st.integers(0, 400), min_size=2, max_size=4))
@settings(
    max_examples=examples(150, fast=30),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_several_crashes_lose_nothing_and_double_nothing(story: Story, moments: set[int]) -> None:
    kills = Kills(*moments)
    stage = tell(story, FakeStage(kills), kills)
    met = {kills.passed[place] for place in moments if place < len(kills.passed)}
    verify(story, stage, ambiguous=frozenset(KEYLESS) if met & AROUND_THE_SEND else frozenset())
