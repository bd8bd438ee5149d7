"""call_api: call the API of another system, by a stored connection or a whole address.

The job's id is the `Idempotency-Key` of every attempt. A call is repeated after a lost answer if its method has the
same effect however often it is made, or if its connection says that the API ignores repetitions under that key. Any
other call is unknown then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from whenthen.channels.api.answers import outcome_of
from whenthen.channels.api.reason_codes import STEP_IS_OFF, STEP_OFF
from whenthen.channels.api.requests import request_of
from whenthen.domain.common.errors import Permanent
from whenthen.domain.connections.answers import GONE, IDEMPOTENT_METHODS, is_expected
from whenthen.domain.events.event import format_time
from whenthen.domain.rules.step_parameters import texts_of
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.templating.syntax import SECRETS
from whenthen.domain.templating.templates import paths_of
from whenthen.usecases.connections.reason_codes import ANSWERED
from whenthen.usecases.sending.outgoing_cause import cause_of

if TYPE_CHECKING:
    from whenthen.domain.connections.connection import Connection
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.outgoing import HttpAnswer, HttpRequest
    from whenthen.ports.providers import Http, Secrets
    from whenthen.usecases.connections.over_connection import OverConnection
    from whenthen.usecases.sending.circuits import Breaker

MAX_HOST = 253

_ADDRESS = ("url", "query")
"""Name the parameters of a step that make its address, behind its connection's base."""


def has_fixed_address(parameters: Mapping[str, Any]) -> bool:
    """Tell whether all calls of a step go to one address: no value but a secret of its connection is in it."""
    texts = (text for name in _ADDRESS for _, text in texts_of(parameters.get(name), name))
    return all(path[0] == SECRETS for text in texts for path in paths_of(text))


class _Call(Struct, frozen=True):
    request: HttpRequest
    connection: Connection | None
    parameters: Mapping[str, Any]
    circuit: str
    channel: CallApi

    @property
    def recipient(self) -> None:
        """Return None: systems are called at any hour."""

    @property
    def receiver(self) -> str:
        """Name the connection, else the host: others go on while it fails."""
        return self.connection.name if self.connection else _host_of(self.request.url)

    @property
    def repeatable(self) -> bool:
        """Tell whether the call may be made again after a lost answer."""
        keyed = self.connection is not None and self.connection.idempotent
        return keyed or self.request.method in IDEMPOTENT_METHODS

    def perform(self) -> Outcome:
        answer = self._send()
        if is_expected(answer.status, self.parameters.get("expect") or ()):
            return outcome_of(answer, self.parameters)
        if answer.status == GONE:
            raise self._gone(answer.status)
        raise self.channel.over.error_of(answer, self.connection, repeatable=self.repeatable)

    def _gone(self, status: int) -> Permanent:
        """Return the error of an address that is gone; a step that calls no other address makes no more calls."""
        reason = ANSWERED(status=status)
        if has_fixed_address(self.parameters):
            reason = STEP_OFF(status=status, receiver=self.circuit)
            self.channel.breaker.switch_off(self.circuit, reason)
        return Permanent(reason, code=str(status))

    def _send(self) -> HttpAnswer:
        if self.connection is None:
            return self.channel.http.send(self.request)
        return self.channel.over.send(self.connection, self.request)


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "")[:MAX_HOST]


class CallApi(Struct, frozen=True):
    """Prepare calls to APIs. Each call says for itself whether it may be repeated."""

    over: OverConnection
    http: Http
    secrets: Secrets
    breaker: Breaker
    repeatable: bool = False

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Call | Outcome:
        """Render the call. Fails if the step was switched off. Raises Invalid naming the wrong field, Temporary."""
        circuit = f"step:{context['run']['rule']}/{step.id}@{context['run']['version']}"
        off = self.breaker.find(circuit)
        if off is not None and off.blocks:
            since = format_time(off.since) if off.since else ""
            return Outcome(JobStatus.FAILED, STEP_IS_OFF(since=since, receiver=circuit))
        name = step.parameters.get("connection", "")
        connection = self.over.read(name) if name else None
        known = {**context, SECRETS: self.over.secrets_of(connection) if connection else {}}
        own = {"idempotency-key": job.id, **cause_of(job, context, self.secrets)}
        request = request_of(step, known, connection, own)
        return _Call(request, connection, step.parameters, circuit, self)
