"""How stories are told: what a stage must be able to do, what a story is, and what must hold when it is over."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from whenthen.domain.events.event import Event
from whenthen.domain.records.record import Record
from whenthen.ports.values import RunState

SECRET = "app-secret"


class Stage(Protocol):
    """List the calls by which a story is told."""

    def now(self) -> datetime: ...

    def has_rule(self, document: Mapping[str, Any]) -> object:
        """Put a rule in force."""

    def has_settings(self, name: str, document: Mapping[str, Any]) -> None:
        """Save settings of the installation."""

    def graph_knows(self, lead: Mapping[str, Any]) -> None:
        """Let the Graph API answer for this lead."""

    def post_to_meta_hook(self, headers: Mapping[str, str], body: bytes) -> None:
        """Post as Meta does, and post again until it is taken."""

    def has_source(self, name: str, document: Mapping[str, Any], secret: str) -> None:
        """Configure a source with its secret."""

    def post_to_hook(self, name: str, headers: Mapping[str, str], body: bytes) -> None:
        """Post as a source's sender does, and post again until it is taken."""

    def publish(self, event: Event) -> None:
        """Give the event as a source does, and give it again until it is taken."""

    def writes(self, ref: str, **fields: Any) -> None:
        """A person writes a record; the store's stream tells of it."""

    def tick(self) -> None:
        """The scheduler ticks."""

    def pass_time(self, **by: float) -> None:
        """Move the clock on; nothing happens in between."""

    def lose_an_answer(self) -> None:
        """The next message that is sent arrives, but its sender never learns that."""

    def receive_mail(self, raw: bytes, external_id: str) -> None:
        """SES stores a mail, and S3 tells of it."""

    def report_of_ses(self, report: Mapping[str, Any]) -> None:
        """SES reports what became of a mail."""

    def objects(self) -> Mapping[str, bytes]:
        """Every object of the bucket, by its key."""

    def settle(self) -> None:
        """Let everything happen that is to happen now."""

    def run_out(self) -> None:
        """Let time pass until nothing is under way."""

    def states(self) -> Sequence[RunState]:
        """Every run."""

    def records(self, kind: str) -> Sequence[Record]:
        """Every record of a kind."""

    def effects(self) -> Counter[str]:
        """How often the outside saw each effect: `<channel> <job id>`; what it can tell for a repetition, once."""

    def left_over(self) -> Sequence[str]:
        """Messages that are in a queue or a dead-letter queue, executions that did not end."""


@dataclass(frozen=True)
class Ending:
    """How the runs of a rule must have ended: their status, and each step's; `times`: how many there must be.

    A rule that lets a record enter again has several: one for each of its runs.
    """

    rule: str
    status: str
    steps: Mapping[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass(frozen=True)
class Story:
    """`prepare` happens undisturbed; `begin` and all that follows from it is where functions are killed.

    about   the functions that it is told for: what the others do in it is another story's matter (empty: all)
    """

    name: str
    prepare: Callable[[Stage], None]
    begin: Callable[[Stage], None]
    endings: tuple[Ending, ...]
    check: Callable[[Stage], None]
    about: frozenset[str] = frozenset()


def signed(document: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """A notification as Meta sends it."""
    body = json.dumps(document).encode()
    proof = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={proof}", "content-type": "application/json"}, body


KEYLESS = {"hello": "whatsapp", "reply": "whatsapp", "mail": "email"}
"""The steps whose channel takes no idempotency key, where a crash around the send is not to be told from success."""


def verify(story: Story, stage: Stage, *, ambiguous: frozenset[str] = frozenset()) -> None:
    """Everything happened, once; but a step in `ambiguous` may be `unknown`, and then happened at most once."""
    assert list(stage.left_over()) == []
    expected: dict[str, list[Ending]] = {}
    for ending in story.endings:
        expected.setdefault(ending.rule, []).append(ending)
    states, effects = stage.states(), stage.effects()
    runs = {rule: sum(ending.times for ending in endings) for rule, endings in expected.items()}
    assert Counter(state.run.rule_id for state in states) == runs
    once = [state for state in states if len(expected[state.run.rule_id]) == 1]
    assert len({(state.run.rule_id, state.run.record) for state in once}) == len(once), "no rule ran twice"
    for state in states:
        left = expected[state.run.rule_id]
        ending = next((each for each in left if each.status == state.run.status.value), left[0])
        if len(left) > 1:
            left.remove(ending)
        _verify_run(state, ending, effects, ambiguous)
    story.check(stage)


def _verify_run(state: RunState, ending: Ending, effects: Counter[str], ambiguous: frozenset[str]) -> None:
    steps = {job.step_id: job.status.value for job in state.jobs}
    unknown = {step for step, status in steps.items() if status == "unknown"}
    assert unknown <= ambiguous
    assert {step: "done" if step in unknown else status for step, status in steps.items()} == ending.steps
    assert state.run.status.value == ("unknown" if unknown and ending.status == "done" else ending.status)
    for job in state.jobs:
        seen = sum(count for effect, count in effects.items() if effect.endswith(job.id))
        if job.step_id in unknown:
            assert seen <= 1
        elif job.step_id in {*KEYLESS, "tell"} and job.status != "skipped":
            assert seen == 1
