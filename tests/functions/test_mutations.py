"""Ten thousand mutated deliveries at the webhook's handler, over all schemes: none is accepted, none meets a 5xx.

The proofs themselves are tried in tests/sources/test_mutations.py; here whatever an attacker sends goes through all
that stands before and behind them, and the refusal is kept as it would be.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.samples import why
from tests.examples import examples
from tests.functions.payloads import CONTEXT, http
from tests.functions.stack import Stack, app
from tests.usecases.fakes.stores import FakeSecrets
from whenthen.domain.common.errors import NotFound
from whenthen.runtime import observability
from whenthen.sources.signing.signatures import parse_scheme, sign
from whenthen.usecases.ingest.receive_webhook import ReceiveWebhook
from whenthen.usecases.ingest.record_rejection import RecordRejection

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = '{"type":"payment.received","data":{"amount":1250.5,"name":"Ayşe"}}'.encode()
FORM_BODY = f"token={SECRET}".replace("+", "%2B").encode()
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
EACH, AT_LEAST = examples(1_500, fast=250), examples(1_112, fast=150)
"""For each of nine schemes; some mutations change nothing that counts. The least of the whole run makes more than ten
thousand."""

SCHEMES: dict[str, Any] = {
    "standard": "standard_webhooks",
    "stripe": "stripe",
    "github": "github",
    "meta": "meta",
    "hex": {"kind": "hmac_sha256", "header": "X-Signature", "prefix": "sha256="},
    "base64": {"kind": "hmac_sha256", "encoding": "base64"},
    "bearer": "bearer",
    "key": {"kind": "bearer", "header": "X-Api-Key", "prefix": ""},
    "form": "form_token",
}


class Sources:
    """A source of each scheme, by its name."""

    def get(self, name: str) -> Any:
        if name not in SCHEMES:
            raise NotFound(why(f"there is no source {name}"))
        return {"name": f"of-{name}", "scheme": SCHEMES[name]}


class Everything:
    """The bus, the clock and the store of refusals: notes what reaches it."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.noted: list[Any] = []

    def publish(self, events: Any, settled: Any = ()) -> None:
        self.published += events

    def note(self, _source: str, refusal: Any) -> bool:
        self.noted.append(refusal)
        return True

    def now(self) -> datetime:
        return NOW


class Kept(dict[str, Any]):
    """Remembers nothing, so that each refusal is kept, as if it were the first in a long time."""

    def __setitem__(self, key: Any, value: Any) -> None:
        return


@pytest.fixture
def hook(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler, over everything in memory."""
    everything = Everything()
    secrets = FakeSecrets({f"sources/{name}": {"secret": SECRET} for name in SCHEMES})
    save_record = SimpleNamespace(default_country="TR")
    refusals = RecordRejection(everything, everything, Kept())  # type: ignore[arg-type]
    accept = ReceiveWebhook(Sources(), secrets, save_record, everything, refusals, everything)  # type: ignore[arg-type]
    stack.adapters["receive_webhook"] = accept
    stack.wiring("receive_webhook")
    monkeypatch.setattr(observability.logger, "warning", lambda *_, **__: None)
    return SimpleNamespace(everything=everything, handler=app("receive_webhook").handler)


def genuine(name: str) -> tuple[dict[str, str], bytes]:
    if name == "form":
        return dict(FORM_TYPE), FORM_BODY
    return dict(sign(parse_scheme(SCHEMES[name]), SECRET, BODY, NOW, "msg_1")), BODY


def send(hook: Any, name: str, headers: Mapping[str, Any], body: bytes) -> int:
    event = http("POST", f"/hooks/{name}", None, {}, path={"source": name})
    event |= {"headers": dict(headers), "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    answer = hook.handler(event, CONTEXT)
    assert json.loads(answer["body"])
    return int(answer["statusCode"])


PIECES = st.binary(max_size=6) | st.sampled_from([b"\x00", b"v1,", b",", b" ", b"t=", b"=", b"sha256=", b"%"])
TEXTS = st.text(max_size=8) | st.sampled_from(["v1,", "v1=", "t=0", ",", " ", "sha256=", "Bearer ", "\udc80", "é"])


_TOKENS = ["header", "gone", "odd", "secret"]
_CHANGES = {"bearer": _TOKENS, "key": _TOKENS, "form": ["body", "body", "body", "gone", "odd"]}
"""Tokens prove nothing about the body, and a form carries its token in the body."""


@st.composite
def mutations(draw: st.DrawFn, name: str) -> tuple[dict[str, Any], bytes]:
    """A genuine delivery with its body, a header, its time or its sender's secret changed."""
    headers, body = genuine(name)
    what = draw(st.sampled_from(_CHANGES.get(name, ["body", "header", "gone", "odd", "secret", "both"])))
    changed: dict[str, Any] = dict(headers)
    if what in ("body", "both"):
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(PIECES) + body[place + draw(st.integers(0, 3)) :]
    if what in ("header", "both"):
        header = draw(st.sampled_from(sorted(headers)))
        place, value = draw(st.integers(0, len(headers[header]))), headers[header]
        changed[header] = value[:place] + draw(TEXTS) + value[place + draw(st.integers(0, 3)) :]
    if what == "gone":
        del changed[draw(st.sampled_from(sorted(headers)))]
    if what == "odd":
        changed[draw(st.sampled_from(sorted(headers)))] = draw(st.text(max_size=300))
    if what == "secret" and name != "form":
        other = "whsec_" + base64.b64encode(draw(st.binary(min_size=24, max_size=24))).decode()
        late = NOW + timedelta(seconds=draw(st.sampled_from([0, -301, -9_999])))
        changed = dict(sign(parse_scheme(SCHEMES[name]), other, body, late, "msg_1"))
    return changed, body


def is_genuine(name: str, headers: Mapping[str, Any], body: bytes) -> bool:
    """Whether it proves what a genuine delivery does, in whatever writing its scheme allows."""
    own, own_body = genuine(name)
    given = {header.lower(): str(value) for header, value in headers.items()}
    if name == "form":
        return ("token", SECRET) in parse_qsl(body.decode("latin-1"))
    if name in ("bearer", "key"):
        return all(given.get(header, "").lower() == value.lower() for header, value in own.items())
    if body != own_body:
        return False
    needed = {header: value for header, value in own.items() if "delivery" not in header}
    if name == "standard":
        signature = needed.pop("webhook-signature")
        return signature in given.get("webhook-signature", "").split(" ") and needed.items() <= given.items()
    if name == "stripe":
        parts = [part.strip() for part in given.get("stripe-signature", "").split(",")]
        return set(needed["stripe-signature"].split(",")) <= set(parts)
    return all(given.get(header, "").lower() == value.lower() for header, value in needed.items())


@pytest.mark.parametrize("name", SCHEMES)
def test_a_genuine_delivery_is_accepted(hook: Any, name: str) -> None:
    assert send(hook, name, *genuine(name)) == 202
    assert len(hook.everything.published) == 1


@pytest.mark.parametrize("name", SCHEMES)
def test_no_mutated_delivery_is_accepted_and_none_meets_a_5xx(hook: Any, name: str) -> None:
    tried = []

    @settings(max_examples=EACH, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(mutations(name))
    def each(mutated: tuple[dict[str, Any], bytes]) -> None:
        headers, body = mutated
        status = send(hook, name, headers, body)
        assert status < 500, (headers, body)
        if not is_genuine(name, headers, body):
            assert status in (400, 401), (headers, body)
            tried.append(status)

    each()
    assert len(tried) >= AT_LEAST
    assert all(not refusal.body for refusal in hook.everything.noted if refusal.status == 401)
    assert SECRET not in str(hook.everything.noted)
