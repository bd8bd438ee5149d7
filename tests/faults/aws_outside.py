"""Stand in for AWS where moto has none of it, and for the services outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import ReadTimeoutError

from tests.adapters.samples import why
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.queues import FakeSequences
from tests.usecases.fakes.taps import Tap, Tapped
from whenthen.domain.common.errors import AnswerLost
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import parse_time
from whenthen.ports.outgoing import HttpAnswer, HttpRequest
from whenthen.runtime.environment import Settings
from whenthen.runtime.wiring import Wiring


@dataclass
class Enrolling:
    """An execution of the machine that goes through a view. at: when it takes its next turn; None: it has ended."""

    document: Mapping[str, Any]
    cursor: str | None = None
    at: datetime | None = datetime.min.replace(tzinfo=UTC)


class StepFunctionsClient:
    """The two calls of Step Functions that are made, on state machines in memory."""

    def __init__(self, sequences: FakeSequences, enrolments: dict[str, Enrolling]) -> None:
        self._sequences, self._enrolments = sequences, enrolments

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803, A002 - AWS's names
        if stateMachineArn.endswith(":enrol_view"):
            self._enrolments.setdefault(name, Enrolling(json.loads(input)))
        else:
            wait = json.loads(input)
            self._sequences.wait(wait["run_id"], wait["step_group"], parse_time(wait["due"], "due"))

    def stop_execution(self, *, executionArn: str, cause: str, **_: Any) -> None:  # noqa: N803
        name = executionArn.rpartition(":")[2]
        self._sequences.end(name, name.partition("-")[0], Reason(cause))


@dataclass
class Outside:
    """Graph and a receiver of webhooks, behind the guarded client's port. losing: the next answer is lost."""

    leads: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    whatsapp: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)
    losing: bool = False

    def send(self, request: HttpRequest) -> HttpAnswer:
        if request.method == "GET":
            external_id = request.url.partition("?")[0].rpartition("/")[2]
            return _answer(self.leads[external_id])
        if request.url.endswith("/messages"):
            self.whatsapp.append(json.loads(request.body)["biz_opaque_callback_data"].partition("/")[2])
            if self.loses():
                raise AnswerLost(why("no answer came"))
            return _answer({"messages": [{"id": f"wamid.{len(self.whatsapp)}"}]})
        self.webhooks.append(request.headers["idempotency-key"])
        return _answer({})

    def loses(self) -> bool:
        """Whether this answer is the one that is lost."""
        losing, self.losing = self.losing, False
        return losing


class SesClient:
    """SES, whose answer may be lost."""

    def __init__(self, client: Any, outside: Outside) -> None:
        self._client, self._outside = client, outside

    def send_raw_email(self, **request: Any) -> Any:
        answer = self._client.send_raw_email(**request)
        if self._outside.loses():
            raise ReadTimeoutError(endpoint_url="https://email.example")
        return answer


def _answer(document: Mapping[str, Any]) -> HttpAnswer:
    return HttpAnswer(200, {"content-type": "application/json"}, json.dumps(document).encode())


class _Clients(Protocol):
    clock: FakeClock
    outside: Outside

    def clients(self, service: str) -> Any: ...


class TappedWiring(Wiring):
    """The deployed wiring, but for its clock and for a tap on each client."""

    def __init__(self, settings: Settings, stage: _Clients, tap: Tap) -> None:
        super().__init__(settings)
        self.__dict__ |= {"clock": stage.clock, "http": Tapped(stage.outside, "http", tap)}
        self._stage, self._tap = stage, tap

    def client(self, service: str, config: Any = None) -> Any:
        return Tapped(self._stage.clients(service), service, self._tap)
