"""Rows about what is written, said and pressed: T13, T20–T27, T43, T45–T49, T62."""

from __future__ import annotations

from tests.e2e.triggers.cases import Case, Document, Own, is_
from tests.e2e.triggers.hooks import Form, Posted
from tests.e2e.triggers.platforms import Mail, Reported, WhatsApp
from tests.e2e.triggers.records import Made

_PRICE = (is_("event.data.text", "fiyat", "contains", ignore_case=True),)


def _order(own: Own) -> Document:
    return {"order": {"number": own.id, "status": "shipped", "project": own.key}}


def _parcel(own: Own) -> Document:
    return {"parcel": {"project": own.key}}


def _call(row: str, what: str, event: str, sample: str, **data: object) -> tuple[Case, Case]:
    """A call that the telephone exchange reports, and one over WhatsApp."""
    telephone = Reported(event, "call_id", {"channel": "telephone", **data})
    on_telephone, on_whatsapp = (is_("event.data.channel", name) for name in ("telephone", "whatsapp"))
    return (
        Case(row, f"{what}, telephone", {"event": event}, telephone, (on_telephone,)),
        Case(row, f"{what}, WhatsApp", {"event": event}, WhatsApp(sample, "call"), (on_whatsapp,)),
    )


CONVERSATION_ROWS = (
    Case("T13", "a form is filled in", {"event": "form.submitted"}, Form("event.data.fields.project", multipart=True),
         (is_("event.data.fields.size", "XL"),)),
    Case("T13", "a filled-in form is kept as a record", {"event": "form.created"}, Made("form", {"size": "XL"}),
         (is_("record.size", "XL"),)),
    Case("T20", "an agent selects a text", {"event": "chat.text_selected"},
         Reported("chat.text_selected", "chat", {"text": "Bağdat Caddesi 12", "agent": "agent:ayse"})),
    Case("T21", "a keyword on WhatsApp", {"event": "whatsapp.message_received"}, WhatsApp("text", "text"), _PRICE),
    Case("T21", "a keyword in a chat", {"event": "chat.message_received"},
         Reported("chat.message_received", "chat", {"text": "Fiyat listesi?"}), _PRICE),
    Case("T22", "a webhook that no mapping takes", {"event": "webhook.received"},
         Posted("shop", _parcel, "event.data.body.parcel.project")),
    Case("T22", "a webhook with a type of its own", {"event": "order.shipped"},
         Posted("shop", _order, "event.data.project")),
    Case("T23", "a chat begins", {"event": "chat.created"}, Reported("chat.created", "chat")),
    Case("T24", "a chat is lost", {"event": "chat.lost"}, Reported("chat.lost", "chat")),
    Case("T25", "a chat is given to an agent", {"event": "chat.assigned"},
         Reported("chat.assigned", "chat", {"field": "owner", "from": None, "to": "agent:ayse"})),
    Case("T26", "a chat moves to a stage", {"event": "chat.stage_changed"},
         Reported("chat.stage_changed", "chat", {"field": "stage", "from": "queue", "to": "desk"})),
    Case("T27", "a mail arrives", {"event": "email.received"}, Mail()),
    Case("T43", "a WhatsApp message", {"event": "whatsapp.message_received"}, WhatsApp("text", "text")),
    Case("T45", "a message to the chatbot", {"event": "chatbot.message_received"},
         Reported("chatbot.message_received", "chat", {"text": "opening hours"})),
    *_call("T46", "an incoming call, answered", "call.incoming_answered", "call_incoming_answered", duration=184),
    *_call("T47", "an incoming call, missed", "call.incoming_missed", "call_incoming_missed"),
    *_call("T48", "an outgoing call, answered", "call.outgoing_answered", "call_outgoing_answered", duration=95),
    *_call("T49", "an outgoing call, unanswered", "call.outgoing_unanswered", "call_outgoing_unanswered"),
    Case("T62", "a button on a deal is pressed", {"event": "button.clicked"},
         Reported("button.clicked", "button", {"by": "agent:ayse"}, on="deal")),
)  # fmt: skip
