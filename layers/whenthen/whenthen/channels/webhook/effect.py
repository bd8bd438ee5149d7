"""call_webhook: a signed JSON message to another system (Standard Webhooks 1.0.0).

The job's id is the `webhook-id` of every attempt, so the receiver can tell repetitions: this channel may repeat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, NotFound, Permanent, Temporary, Throttled
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.templating import templates
from whenthen.ports.values import HttpAnswer, HttpRequest, is_not_now
from whenthen.sources.signing import signatures

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Http, Secrets

MAX_BODY = 200_000
_SCHEME = signatures.Scheme("standard_webhooks")
_MAY_PASS = frozenset({408, 409, 425})
"""Rejections that a later attempt may not meet; so do all of 5xx."""


class _Call(Struct, frozen=True):
    url: str
    body: bytes
    key: str
    secret: str
    http: Http
    clock: Clock

    def perform(self) -> Outcome:
        signed = signatures.sign(_SCHEME, self.secret, self.body, self.clock.now(), self.key)
        headers = {"content-type": "application/json", "idempotency-key": self.key, **signed}
        answer = self.http.send(HttpRequest("POST", self.url, headers, self.body))
        return _outcome(answer)


def _outcome(answer: HttpAnswer) -> Outcome:
    """2xx alone is success; a redirect is not followed, as it would take the message where nobody allowed."""
    if 200 <= answer.status < 300:
        return Outcome(JobStatus.DONE, f"the receiver answered {answer.status}", {"status": answer.status})
    if is_not_now(answer):
        raise Throttled(f"the receiver answered {answer.status}", retry_after=_wish(answer))
    if answer.status in _MAY_PASS or answer.status >= 500:
        raise Temporary(f"the receiver answered {answer.status}", retry_after=_wish(answer))
    raise Permanent(f"the receiver answered {answer.status}", code=str(answer.status))


def _wish(answer: HttpAnswer) -> float | None:
    """The receiver's Retry-After in seconds, up to what a queue can hold a message back."""
    text = answer.headers.get("retry-after", "")
    return min(float(text), 43_000.0) if text.isascii() and text.isdigit() else None


class CallWebhook(Struct, frozen=True):
    """The webhook channel."""

    http: Http
    secrets: Secrets
    clock: Clock
    repeatable: bool = True

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Call:
        """Raises Invalid naming what the call lacks."""
        given = templates.render_all(step.parameters, context)
        document = {
            "type": given.get("type") or context["event"]["type"],
            "timestamp": format_time(job.due),
            "data": given.get("data") or {"event": context["event"], "record": context["record"]},
        }
        body = json.dumps(document, ensure_ascii=False, default=str).encode()
        if len(body) > MAX_BODY:
            raise Invalid.field("with.data", f"at most {MAX_BODY} bytes are sent, these are {len(body)}")
        return _Call(given["url"], body, job.id, self._secret(given.get("secret") or "default"), self.http, self.clock)

    def _secret(self, name: str) -> str:
        try:
            kept = self.secrets.get(f"outgoing/{name}").get("secret")
        except NotFound as error:
            raise Invalid.field("with.secret", f"there is no outgoing secret called {name}") from error
        if not isinstance(kept, str) or not kept:
            raise Invalid.field("with.secret", f"the outgoing secret {name} is empty")
        return kept if kept.startswith("whsec_") else f"whsec_{kept}"
