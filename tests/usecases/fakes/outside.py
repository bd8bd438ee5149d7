"""The clock, and what stands for providers: each notes what reached it, and can be told to fail."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from whenthen.channels.sms.message import Sms
from whenthen.domain.common.errors import Permanent, WhenthenError
from whenthen.ports.outgoing import HttpAnswer, HttpRequest, Mail, WrittenMail
from whenthen.ports.reason_codes import UNAVAILABLE
from whenthen.ports.values import LeadPage


@dataclass
class FakeClock:
    """Stands still until it is moved."""

    at: datetime = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass(frozen=True)
class Fails:
    """A call fails with `error`; `taken`: it took effect all the same."""

    error: WhenthenError
    taken: bool = False


@dataclass
class _Provider:
    """`outage`: what each call is answered while it lasts; None: nothing is out of order."""

    script: deque[Fails] = field(default_factory=deque)
    outage: Callable[[], Fails | None] = lambda: None
    calls: int = 0

    def will(self, *failures: Fails) -> None:
        """The next calls fail like this, one after the other."""
        self.script.extend(failures)

    def _fail(self) -> Fails | None:
        self.calls += 1
        return self.script.popleft() if self.script else self.outage()


@dataclass
class FakeMailer(_Provider):
    sent: list[Mail] = field(default_factory=list)
    asked: str = ""

    def write(self, mail: Mail) -> WrittenMail:
        return WrittenMail(mail, b"")

    def send(self, mail: WrittenMail) -> str:
        self.asked = mail.mail.to
        fails = self._fail()
        if fails is None or fails.taken:
            self.sent.append(mail.mail)
        if fails is not None:
            raise fails.error
        return f"ses-{len(self.sent)}"


@dataclass
class FakeSms(_Provider):
    sent: list[Sms] = field(default_factory=list)

    def send(self, sms: Sms) -> str:
        fails = self._fail()
        if fails is None or fails.taken:
            self.sent.append(sms)
        if fails is not None:
            raise fails.error
        return f"sms-{len(self.sent)}"


@dataclass
class FakeGraph(_Provider):
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    forms: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, datetime, str | None]] = field(default_factory=list)
    sent: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)
    unready: deque[WhenthenError] = field(default_factory=deque)
    begun: str = ""
    audiences: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    refusing: str = ""

    def lead(self, leadgen_id: str) -> Mapping[str, Any]:
        fails = self._fail()
        if fails is not None:
            raise fails.error
        if leadgen_id not in self.documents:
            raise Permanent(UNAVAILABLE(provider="Graph", error=f"no lead {leadgen_id}"))
        return self.documents[leadgen_id]

    def leads(self, form_id: str, since: datetime, after: str | None) -> LeadPage:
        """Three of a page, newest first."""
        self.asked.append((form_id, since, after))
        fails = self._fail()
        if fails is not None:
            raise fails.error
        rows = [row for row in self.forms.get(form_id, ()) if datetime.fromisoformat(row["created_time"]) > since]
        rows.sort(key=lambda row: row["created_time"], reverse=True)
        begin = int(after or 0)
        return LeadPage(rows[begin : begin + 3], str(begin + 3) if begin + 3 < len(rows) else None)

    def message(self, message: Mapping[str, Any], key: str) -> HttpRequest:
        if self.unready:
            raise self.unready.popleft()
        return HttpRequest("POST", key, {}, json.dumps(message).encode())

    def send_message(self, call: HttpRequest) -> str:
        self.begun = "message"
        fails = self._fail()
        if fails is None or fails.taken:
            self.sent.append((json.loads(call.body), call.url))
        if fails is not None:
            raise fails.error
        return f"wamid.{len(self.sent)}"

    def audience_call(self, audience: str, row: Mapping[str, str], *, adding: bool) -> HttpRequest:
        if self.unready:
            raise self.unready.popleft()
        return HttpRequest("POST" if adding else "DELETE", audience, {}, json.dumps(row).encode())

    def change_audience(self, call: HttpRequest) -> Mapping[str, Any]:
        self.begun = "audience"
        fails = self._fail()
        if fails is None or fails.taken:
            members = self.audiences.setdefault(call.url, [])
            row = json.loads(call.body)
            members[:] = [each for each in members if each != row] + ([row] if call.method == "POST" else [])
        if fails is not None:
            raise fails.error
        return {"num_received": 1, "num_invalid_entries": int(call.url == self.refusing)}


@dataclass
class FakeHttp(_Provider):
    sent: list[HttpRequest] = field(default_factory=list)
    answers: deque[HttpAnswer] = field(default_factory=deque)
    asked: str = ""

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked = request.url
        fails = self._fail()
        if fails is None or fails.taken:
            self.sent.append(request)
        if fails is not None:
            raise fails.error
        return self.answers.popleft() if self.answers else HttpAnswer(200, {}, b"{}")
