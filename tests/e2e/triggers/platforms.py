"""Entrances of Meta, of mail, of systems that report through the API, and of applications on the bus."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage

from dev.signing import post
from tests.e2e.triggers.cases import Document, Own, Send, World, is_, of_project
from tests.e2e.triggers.hooks import sample, seconds_now
from tests.mails import as_ses_stores


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """WhatsApp's webhook says what a customer wrote, pressed or called.

    by      where the event shows the case's own id or text; `record`: the customer's record is looked at instead
    known   the kind of record that the customer has already; none: a stranger
    """

    file: str
    by: str
    known: str | None = None

    @property
    def said(self) -> str:
        return f"POST /hooks/meta (WhatsApp {self.file})"

    def mark(self, own: Own) -> Document | None:
        return _MARKS[self.by](own)

    def about(self, own: Own) -> str | None:
        return f"{self.known}:{own.id}" if self.known else None

    def open(self, world: World, own: Own) -> Send:
        if self.known:
            _know(world, self.known, own)
        body: Document = sample(f"whatsapp/{self.file}")
        value = body["entry"][0]["changes"][0]["value"]
        user_id = f"TR.{own.number}"
        value["contacts"][0] |= {"wa_id": own.phone, "user_id": user_id}
        for message in value.get("messages", ()):
            message |= {"from": own.phone, "from_user_id": user_id, "id": f"wamid.{own.id}"}
            message["timestamp"] = str(seconds_now())
            if message["type"] == "text":
                message["text"]["body"] = f"Merhaba, FİYAT listesi lütfen ({own.key})"
        for call in value.get("calls", ()):
            side = "from" if call["direction"] == "USER_INITIATED" else "to"
            call |= {"id": own.id, side: own.phone, "timestamp": str(seconds_now())}
        return lambda: _posted_to_meta(world, body)


_MARKS = {
    "text": lambda own: is_("event.data.text", own.key, "contains"),
    "call": lambda own: is_("event.data.call_id", own.id),
    "phone": lambda own: is_("record.phone", f"+{own.phone}"),
    "record": of_project,
}


@dataclass(frozen=True, slots=True)
class MetaLead:
    """Meta notifies of a lead by its id; what it says is asked of the Graph API."""

    said: str = "POST /hooks/meta (leadgen), Graph API"

    def mark(self, own: Own) -> Document | None:
        return is_("event.data.campaign_name", own.key, "contains")

    def about(self, own: Own) -> str | None:
        return f"lead:88{own.number}"

    def open(self, world: World, own: Own) -> Send:
        lead: Document = sample("meta/lead")
        lead |= {"id": f"88{own.number}", "campaign_name": f"Autumn {own.key}"}
        lead["created_time"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        answers = {"email": own.email, "phone_number": f"+{own.phone}"}
        for item in lead["field_data"]:
            item["values"] = [answers[item["name"]]] if item["name"] in answers else item["values"]
        world.stack.graph.program(leads=[lead])
        body: Document = sample("meta/leadgen")
        body["entry"][0]["changes"][0]["value"]["leadgen_id"] = lead["id"]
        return lambda: _posted_to_meta(world, body)


@dataclass(frozen=True, slots=True)
class Mail:
    """SES puts a mail into the bucket. `known`: the kind of record that its sender has, with these fields."""

    known: str | None = None
    fields: Document = field(default_factory=dict)
    said: str = "mail in S3 (SES)"

    def mark(self, own: Own) -> Document | None:
        return of_project(own) if self.known else is_("event.data.subject", own.key, "contains")

    def about(self, own: Own) -> str | None:
        return f"{self.known}:{own.id}" if self.known else None

    def open(self, world: World, own: Own) -> Send:
        if self.known:
            _know(world, self.known, own, **self.fields)
        message = EmailMessage()
        message["From"], message["To"] = f"Deniz <{own.email}>", "hello@whenthen.example"
        message["Subject"], message["Message-ID"] = f"About {own.key}", f"<{own.id}@example.com>"
        message.set_content("Could somebody call me, please?")
        bucket, s3 = world.stack.document["outputs"]["BucketName"], world.stack.client("s3")
        raw = as_ses_stores(message, own.email)
        return lambda: s3.put_object(Bucket=bucket, Key=f"inbound/{own.id}", Body=raw)


@dataclass(frozen=True, slots=True)
class Reported:
    """Another system reports an event through the API. `by`: the field of its data that holds the case's own id.

    on  the kind of record that the event is about, which is there already; none: it is about a person
    """

    type: str
    by: str
    data: Document = field(default_factory=dict)
    on: str | None = None
    said: str = "POST /v1/events"

    def mark(self, own: Own) -> Document | None:
        return is_(f"event.data.{self.by}", own.id)

    def about(self, own: Own) -> str | None:
        return f"{self.on}:{own.id}" if self.on else None

    def open(self, world: World, own: Own) -> Send:
        event = {"id": own.id, "type": self.type, "data": {self.by: own.id, **self.data}}
        if self.on:
            _know(world, self.on, own)
            event["subject"] = f"{self.on}:{own.id}"
        else:
            event["person"] = {"phone": f"+{own.phone}"}
        return lambda: world.stack.api.post("/v1/events", event)


@dataclass(frozen=True, slots=True)
class OnBus:
    """An AWS-native application puts a CloudEvent on the bus, under an id of its own."""

    type: str
    said: str = "PutEvents (CloudEvent)"

    def mark(self, own: Own) -> Document | None:
        return is_("event.data.booking", own.id)

    def about(self, own: Own) -> str | None:
        return f"{self.type.partition('.')[0]}:{own.id}"

    def open(self, world: World, own: Own) -> Send:
        event: Document = {"specversion": "1.0", "id": own.id, "source": _APPLICATION, "type": self.type}
        event |= {"time": datetime.now(UTC).isoformat(), "data": {"booking": own.id}}
        return lambda: _put_on_bus(world, self.type, event | {"subject": self.about(own)})


@dataclass(frozen=True, slots=True)
class PlainOnBus:
    """As OnBus, with nothing but the data. EventBridge gives each put an id, so nobody can put the same once more."""

    type: str
    said: str = "PutEvents (data alone)"

    def mark(self, own: Own) -> Document | None:
        return is_("event.data.booking", own.id)

    def about(self, own: Own) -> str | None:
        del own
        return None

    def open(self, world: World, own: Own) -> Send:
        to_put: list[Document] = [{"booking": own.id}]

        def send() -> None:
            while to_put:
                _put_on_bus(world, self.type, to_put.pop())

        return send


_APPLICATION = "booking.example"


def _know(world: World, kind: str, own: Own, **fields: object) -> None:
    """The customer's record, as it was before."""
    person = {"phone": f"+{own.phone}", "email": own.email, "project": own.key}
    world.stack.api.put(f"/v1/records/{kind}/{own.id}", person | fields)


def _posted_to_meta(world: World, body: Document) -> None:
    answer = post(world.stack.hook("meta"), body)
    assert answer.status == 200, (answer.status, answer.body)


def _put_on_bus(world: World, event_type: str, detail: Document) -> None:
    entry = {"EventBusName": world.stack.document["event_bus"], "Source": _APPLICATION, "DetailType": event_type}
    answer = world.stack.client("events").put_events(Entries=[entry | {"Detail": json.dumps(detail)}])
    assert answer["FailedEntryCount"] == 0, answer
