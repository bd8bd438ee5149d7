"""Entrances of the sources that an admin configures: JSON webhooks of five schemes, and HTML forms."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from dev import web
from dev.demo.stories import EVENTS
from dev.provision import SAMPLE_SOURCE
from dev.stack import Hook, Stack
from tests.e2e.triggers.cases import Document, Own, Send, World, is_
from whenthen.sources.signing.signatures import parse_scheme, sign

_LEAD_OF_FORM = {
    "type": "form.submitted",
    "identities": "{email: body.fields.email}",
    "data": "{form: source, fields: body.fields}",
    "record": {"kind": "lead", "id": "body.fields.reference", "fields": "body.fields.{email: email, project: project}"},
}
_LEAD_OF_CRM = {
    "type": "crm.lead_sent",
    "id": "body.lead.id",
    "record": {"kind": "lead", "id": "body.lead.id", "fields": "body.lead.{email: email, project: project}"},
}
_SHIPPED = {
    "when": "body.order.status == 'shipped'",
    "type": "order.shipped",
    "id": "body.order.number",
    "data": "{number: body.order.number, project: body.order.project}",
}

SOURCES: Mapping[str, Document] = {
    "site": {"scheme": "form_token", "secret": "token-of-the-form", "mappings": [_LEAD_OF_FORM]},
    "crm": {"scheme": "bearer", "secret": "token-of-the-other-crm", "mappings": [_LEAD_OF_CRM]},
    "shop": {
        "scheme": {"kind": "hmac_sha256", "header": "X-Shop-Signature", "encoding": "base64"},
        "secret": "key-that-the-shop-signs-with",
        "mappings": [_SHIPPED],
    },
    "stripe": {"scheme": "stripe", "secret": "whsec_that-stripe-signs-with"},
    "github": {"scheme": "github", "secret": "key-that-github-signs-with"},
}
"""The sources of the table, each with another scheme. `payments`, with Standard Webhooks, is the stack's own."""


def configure(stack: Stack, marker: str) -> dict[str, Hook]:
    """Make the sources, as an admin does, under names of this run of the table."""
    made = {SAMPLE_SOURCE: stack.hook(SAMPLE_SOURCE)}
    for name, document in SOURCES.items():
        stack.api.put(f"/v1/sources/{name}-{marker}", document)
        made[name] = Hook(f"{stack.api_url}/hooks/{name}-{marker}", _kind(name), document["secret"])
    return made


def sample(file: str) -> Any:
    """Return one of the sample events."""
    return json.loads((EVENTS / f"{file}.json").read_text())


def seconds_now() -> int:
    """The time as platforms write it."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Posted:
    """A JSON body is posted to a source. `body`: what it is for this case; `by`: where its key shows in the event."""

    source: str
    body: Callable[[Own], Document]
    by: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        return f"POST /hooks/{self.source} ({_kind(self.source)})"

    def mark(self, own: Own) -> Document | None:
        return is_(self.by, own.key)

    def about(self, own: Own) -> str | None:
        del own
        return None

    def open(self, world: World, own: Own) -> Send:
        body = json.dumps(self.body(own)).encode()
        return lambda: _deliver(world, self.source, body, own.id, dict(self.headers))


@dataclass(frozen=True, slots=True)
class Form:
    """A website's form is posted. `multipart`: as browsers post it where files may go with it."""

    by: str
    multipart: bool = False

    @property
    def said(self) -> str:
        return f"POST /hooks/site ({'multipart' if self.multipart else 'urlencoded'} form)"

    def mark(self, own: Own) -> Document | None:
        return is_(self.by, own.key)

    def about(self, own: Own) -> str | None:
        del own
        return None

    def open(self, world: World, own: Own) -> Send:
        fields = {"email": own.email, "reference": own.id, "project": own.key, "size": "XL"}
        fields["token"] = world.hooks["site"].secret
        kind, body = (_multipart if self.multipart else _urlencoded)(fields)
        return lambda: _deliver(world, "site", body, "", {"content-type": kind})


def stripe(file: str, name: str) -> Posted:
    """Return one of Stripe's events, known by the field `name` of its object."""

    def body(own: Own) -> Document:
        document: Document = sample(f"stripe/{file}")
        document |= {"id": f"evt_{own.id}", "created": seconds_now()}
        about = document["data"]["object"]
        about |= {key: own.email for key in ("customer_email", "receipt_email") if key in about}
        about |= {"id": f"obj_{own.id}", "customer": f"cus_{own.id}", name: own.key}
        return document

    return Posted("stripe", body, f"event.data.{name}")


def github(event: str, file: str) -> Posted:
    """Return one of GitHub's events about an issue, known by its title."""

    def body(own: Own) -> Document:
        document: Document = sample(f"github/{file}")
        document["issue"]["title"] = own.key
        document["sender"]["login"] = own.id
        return document

    return Posted("github", body, "event.data.title", (("x-github-event", event),))


def payment(own: Own) -> Document:
    """Return a shop's word on a payment, as Standard Webhooks advises."""
    data = {"payment_id": own.key, "amount": 120, "currency": "TRY", "customer": {"email": own.email}}
    return {"type": "payment.received", "timestamp": datetime.now(UTC).isoformat(), "data": data}


def _kind(source: str) -> str:
    scheme = SOURCES[source]["scheme"] if source in SOURCES else "standard_webhooks"
    return parse_scheme(scheme).kind


def _deliver(world: World, source: str, body: bytes, delivery: str, headers: Mapping[str, str]) -> None:
    hook, document = world.hooks[source], SOURCES.get(source, {"scheme": "standard_webhooks"})
    proof = sign(parse_scheme(document["scheme"]), hook.secret, body, datetime.now(UTC), delivery)
    answer = web.call("POST", hook.url, body, {"content-type": "application/json", **headers, **proof})
    assert answer.status == 202, (answer.status, answer.body)


def _urlencoded(fields: Mapping[str, str]) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", urlencode(fields).encode()


def _multipart(fields: Mapping[str, str]) -> tuple[str, bytes]:
    boundary = "----whenthenFormBoundary7MA4YWxkTrZu0gW"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return f"multipart/form-data; boundary={boundary}", ("".join(parts) + f"--{boundary}--\r\n").encode()
