"""call_webhook: send a signed JSON message to another system (Standard Webhooks 1.0.0).

The job's id is the `webhook-id` of every attempt, so the receiver can detect repetitions: this channel may repeat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.answers import Next, Row
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import format_time
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.retry_after import retry_after
from whenthen.ports.outgoing import HttpAnswer, HttpRequest, is_not_now
from whenthen.ports.reason_codes import TOO_LARGE
from whenthen.sources.signing import signatures
from whenthen.usecases.sending.outgoing_cause import cause_of

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.rules.rule import Step
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Http, Secrets

MAX_BODY = 200_000
MAX_HOST = 253
_SCHEME = signatures.Scheme("standard_webhooks")
_LATER = Row(Next.LATER)

ANSWERS: Mapping[int, Row] = {
    401: Row(Next.STOP),
    408: _LATER,
    409: _LATER,
    425: _LATER,
    429: Row(Next.NOT_NOW),
}
"""Statuses of receivers → what happens next. Any other of 4xx and 3xx is refused; any of 5xx may pass."""

# `status` is the HTTP status.
ANSWERED = ReasonCode("webhook.answered", "status")
# The secret is one of those that admins set for outgoing webhooks.
NO_SUCH_SECRET = ReasonCode("webhook.no_such_secret", "name")
EMPTY_SECRET = ReasonCode("webhook.empty_secret", "name")


class _Call(Struct, frozen=True):
    url: str
    body: bytes
    key: str
    secret: str
    http: Http
    clock: Clock
    context: Mapping[str, str]

    @property
    def recipient(self) -> None:
        """Return None: systems are called at any hour."""

    @property
    def receiver(self) -> str:
        """Name the host that is called: others go on while it fails."""
        return host_of(self.url)

    def perform(self) -> Outcome:
        signed = signatures.sign(_SCHEME, self.secret, self.body, self.clock.now(), self.key)
        headers = {"content-type": "application/json", "idempotency-key": self.key, **self.context, **signed}
        answer = self.http.send(HttpRequest("POST", self.url, headers, self.body))
        return _outcome(answer, self.clock.now())


def host_of(url: str) -> str:
    """Return the host of a URL, in lower case; empty for a URL that names none."""
    try:
        return (urlsplit(url).hostname or "")[:MAX_HOST]
    except ValueError:
        return ""


def _outcome(answer: HttpAnswer, now: datetime) -> Outcome:
    """Classify the answer. Only 2xx is success: a redirect would take the message where nobody allowed."""
    reason = ANSWERED(status=answer.status)
    if 200 <= answer.status < 300:
        return Outcome(JobStatus.DONE, reason, {"status": answer.status})
    wish = retry_after(answer.headers.get("retry-after", ""), now)
    raise replace(row_of(answer), pause=wish).error(reason, str(answer.status))


def row_of(answer: HttpAnswer) -> Row:
    """Return what happens after an answer other than 2xx. None is lost: it is repeated under the same key."""
    if is_not_now(answer):
        return ANSWERS[429]
    return ANSWERS.get(answer.status) or (_LATER if answer.status >= 500 else Row(Next.NEVER))


class CallWebhook(Struct, frozen=True):
    """Prepare signed webhooks."""

    http: Http
    secrets: Secrets
    clock: Clock
    repeatable: bool = True

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Call:
        """Render and sign the call. Raises Invalid naming the wrong field."""
        given = render_step(step, context)
        document = {
            "type": given.get("type") or context["event"]["type"],
            "timestamp": format_time(job.due),
            "data": given.get("data") or {"event": context["event"], "record": context["record"]},
        }
        body = json.dumps(document, ensure_ascii=False, default=str).encode()
        if len(body) > MAX_BODY:
            raise Invalid.field("with.data", TOO_LARGE(most=MAX_BODY, found=len(body)))
        return _Call(
            given["url"],
            body,
            job.id,
            self._secret(given.get("secret") or "default"),
            self.http,
            self.clock,
            cause_of(job, context, self.secrets),
        )

    def _secret(self, name: str) -> str:
        try:
            kept = self.secrets.get(f"outgoing/{name}").get("secret")
        except NotFound as error:
            raise Invalid.field("with.secret", NO_SUCH_SECRET(name=name)) from error
        if not isinstance(kept, str) or not kept:
            raise Invalid.field("with.secret", EMPTY_SECRET(name=name))
        return kept if kept.startswith("whsec_") else f"whsec_{kept}"
