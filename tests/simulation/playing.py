"""Tell a story to the real use cases on fakes, and note what the outside sees."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.simulation.controlling import control
from tests.simulation.disturbed import DisturbedWorld
from tests.simulation.documents import limits_document, rule_document
from tests.simulation.model.effects import Key
from tests.simulation.story import (
    CHANNELS,
    RECORDS,
    Action,
    Agrees,
    Bulk,
    Deletes,
    Edits,
    Happens,
    Removes,
    Revises,
    Sending,
    Story,
    Switches,
)


@dataclass(frozen=True)
class Seen:
    """Hold what the outside saw, and how the machinery was left.

    effects   when each effect took place; several times if it was doubled
    times     when each moment of the story was
    killed    when processes died, and at which call
    left      messages, executions and runs that did not end
    """

    effects: dict[Key, list[datetime]]
    times: tuple[datetime, ...]
    killed: tuple[tuple[datetime, str], ...]
    left: tuple[str, ...]


class _Timed(list[Any]):
    """A list that knows when each of its items came."""

    def __init__(self, world: DisturbedWorld) -> None:
        self.world, self.times = world, list[datetime]()

    def append(self, item: Any) -> None:
        super().append(item)
        self.times.append(self.world.clock.now())


class _Stage:
    def __init__(self, story: Story) -> None:
        self.rules = {rule.id: rule for rule in story.rules}
        self.world = world = DisturbedWorld(story.chaos)
        self.mails, self.messages, self.calls = _Timed(world), _Timed(world), _Timed(world)
        world.mailer.sent, world.graph.sent, world.http.sent = self.mails, self.messages, self.calls
        for record in RECORDS:
            address = {"email": f"lead{record}@example.com", "phone": f"+9053212345{record}{record}"}
            world.has_record(f"lead:{record}", status="new", **address)
        world.settings.save("limits", limits_document(story.limits))
        self.consent = {record: dict.fromkeys(CHANNELS, True) for record in RECORDS}
        for rule in story.rules:
            world.has_rule(rule_document(rule))

    def do(self, number: int, action: Action) -> None:
        match action:
            case Happens(event, record, copies):
                made = self.world.event(event, str(number), subject=f"lead:{record}", data={"n": number})
                for _ in range(copies):
                    self.world.queues["events"].add(made)
            case Edits(record, status) if self.world.records.get(f"lead:{record}") is not None:
                self.world.changes(f"lead:{record}", status=status)
            case Agrees(record, channel, agreed):
                if self.world.records.get(f"lead:{record}") is None:
                    return
                self.consent[record][channel] = agreed
                self.world.changes(f"lead:{record}", consent=dict(self.consent[record]))

            case Switches() | Removes() | Revises() | Bulk() | Deletes() | Sending():
                control(self.world, self.rules, number, action)

    def effects(self) -> dict[Key, list[datetime]]:
        seen: dict[Key, list[datetime]] = defaultdict(list)
        for label, at in self._labels():
            rule, step, number, record = label.split()
            seen[rule, step, int(number), record.removeprefix("lead:")].append(at)
        return dict(seen)

    def _labels(self) -> Iterable[tuple[str, datetime]]:
        yield from ((mail.subject, at) for mail, at in zip(self.mails, self.mails.times, strict=True))
        for (message, _), at in zip(self.messages, self.messages.times, strict=True):
            yield message["text"]["body"], at
        # A receiver of webhooks knows a repetition by its key.
        calls: dict[str, tuple[str, datetime]] = {}
        for request, at in zip(self.calls, self.calls.times, strict=True):
            calls.setdefault(request.headers["idempotency-key"], (json.loads(request.body)["data"]["label"], at))
        yield from calls.values()
        for task in self.world.records.list("task", limit=10_000, cursor=None).items:
            assert task.created_at is not None
            yield str(task.fields["title"]), task.created_at

    def left(self) -> list[str]:
        world = self.world
        queues = world.queues.values()
        return [
            *(f"message in {queue.name}: {body}" for queue in queues for body in queue.bodies),
            *(f"dead letter of {queue.name}: {body}" for queue in queues for body in queue.dead),
            *(f"execution of {run}" for run in world.sequences.open),
            *(f"open run {run.id} of {run.rule_id}" for run in world.all_runs if not run.status.final),
            *(f"open job {job.step_id} of {job.run_id}" for job in world.runs.jobs.values() if not job.status.final),
        ]


def play(story: Story) -> Seen:
    """Tell the story to its end, and until nothing is under way."""
    stage, times = _Stage(story), []
    world = stage.world
    for number, moment in enumerate(story.moments):
        if moment.frozen:
            world.clock.move(seconds=moment.gap)
        else:
            world.pass_time(seconds=moment.gap)
        times.append(world.clock.now())
        stage.do(number, moment.action)
    world.run_out()
    return Seen(stage.effects(), tuple(times), tuple(world.killed), tuple(stage.left()))
