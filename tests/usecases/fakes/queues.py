"""Queues, bus and state machine in memory, as SQS and Step Functions behave: at least once, in any order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.usecases.fakes.outside import FakeClock
from whenthen.adapters.aws.sequences import execution_name
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.events.siblings import groups
from whenthen.domain.runs.run import Job
from whenthen.sources.meta.notification import LeadRef

VISIBILITY = timedelta(seconds=180)
MAX_RECEIVES = 300
MAX_DELAY = 900


@dataclass(eq=False)
class Message:
    """A message until it is deleted. `dead`: why it can never be processed."""

    body: Any
    visible_at: datetime
    receives: int = 0


@dataclass
class FakeQueue:
    clock: FakeClock
    name: str
    messages: list[Message] = field(default_factory=list)
    dead: list[tuple[Any, Reason]] = field(default_factory=list)

    def add(self, body: Any, delay: float = 0.0) -> None:
        assert delay <= MAX_DELAY
        self.messages.append(Message(body, self.clock.now() + timedelta(seconds=delay)))

    def receive(self) -> Message | None:
        """The first visible message, which is invisible from now on until it is deleted or its time is over."""
        for message in self.messages:
            if message.visible_at <= self.clock.now():
                self.take(message)
                return message
        return None

    def take(self, message: Message) -> None:
        """Receive this message, whichever came before it."""
        message.receives += 1
        message.visible_at = self.clock.now() + VISIBILITY

    def dead_letter(self, message: Message, reason: Reason) -> None:
        self.messages.remove(message)
        self.dead.append((message.body, reason))

    @property
    def bodies(self) -> list[Any]:
        return [message.body for message in self.messages]


@dataclass
class FakeBus:
    queue: FakeQueue
    published: list[Event] = field(default_factory=list)

    def publish(self, events: Sequence[Event], settled: Collection[str] = ()) -> None:
        for group in groups(events):
            self.published += group
            for event in group if group[0].id not in settled else ():
                self.queue.add(event)


@dataclass
class FakeJobQueues:
    queues: Mapping[str, FakeQueue]

    def send(self, channel: str, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        for job in jobs:
            self.queues[channel].add((job.run_id, job.step_id, job.occurrence), delay)

    def is_empty(self, channel: str) -> bool:
        return not self.queues[channel].messages


@dataclass
class FakeLeadQueue:
    queue: FakeQueue

    def send(self, leads: Sequence[LeadRef], *, delay: float = 0.0) -> None:
        for lead in leads:
            self.queue.add(lead, delay)


@dataclass
class Execution:
    """A wait of a run. state: `wait`, then `advance` until its function has answered, then `ended`."""

    run_id: str
    step_group: int
    due: datetime
    state: str = "wait"
    again_at: datetime | None = None


@dataclass
class FakeSequences:
    """`statemachines/sequence.asl.json`, without its clock: `tests.usecases.world` moves it."""

    executions: dict[str, Execution] = field(default_factory=dict)
    stopped: dict[str, Reason] = field(default_factory=dict)

    def wait(self, run_id: str, step_group: int, until: datetime) -> None:
        name = execution_name(run_id, step_group, until)
        self.executions.setdefault(name, Execution(run_id, step_group, until))

    def stop(self, run_id: str, step_group: int, until: datetime, reason: Reason) -> None:
        self.end(execution_name(run_id, step_group, until), run_id, reason)

    def end(self, name: str, run_id: str, reason: Reason) -> None:
        execution = self.executions.get(name)
        if execution is not None and execution.state != "ended":
            execution.state = "ended"
            self.stopped[run_id] = reason

    def next_time(self, execution: Execution) -> datetime | None:
        """When the machine does something of its own accord."""
        match execution.state:
            case "wait":
                return execution.due
            case "advance":
                return execution.again_at
        return None

    @property
    def open(self) -> list[str]:
        return [each.run_id for each in self.executions.values() if each.state != "ended"]
