"""List the events of customers: WhatsApp, e-mail, chat, chatbots, calls, forms, advertisements, webhooks."""

from __future__ import annotations

from typing import Any

from whenthen.domain.event_catalog.event_types import DataField, DataType, EventType, Maker

_F, _T = DataField, DataType
_RECEIVED = (Maker.RECEIVER,)
_PARSED = (Maker.RECEIVER, Maker.SOURCE, Maker.REPORT)
_REPORTED = (Maker.REPORT, Maker.SOURCE)

_PERSON = (
    _F("phone", _T.TEXT, "The customer's number, E.164."),
    _F("wa_id", _T.TEXT, "WhatsApp's id of the customer, a number without its plus sign."),
    _F("user_id", _T.TEXT, "The customer's business-scoped id; some customers have no number to be seen."),
    _F("profile_name", _T.TEXT, "What the customer calls themselves."),
    _F("business_phone", _T.TEXT, "The number of ours that it is about, E.164."),
)
_MESSAGE = (
    _F("message_id", _T.TEXT, "The provider's id of the message.", required=True),
    _F("kind", _T.TEXT, "text, image, audio, video, document, sticker, location, contacts, button, interactive, order, "
       "reaction …"),
    _F("text", _T.TEXT, "What was written: also a caption, a button's or list row's title."),
    _F("payload", _T.TEXT, "What the pressed button or chosen row carries for machines."),
    _F("answers", _T.OBJECT, "Answers of a flow, by question."),
    _F("media", _T.OBJECT, "The file: id, mime_type, caption, filename, url."),
    _F("reply_to", _T.TEXT, "The message that this one answers."),
    _F("referral", _T.OBJECT, "The advertisement that it came from."),
    _F("omitted", _T.TEXTS, "Parts that were too large for the event."),
)  # fmt: skip
_STATUS = (
    _F("message_id", _T.TEXT, "WhatsApp's id of our message.", required=True),
    _F("status", _T.TEXT, "sent, delivered, read, played or failed."),
    _F("callback", _T.TEXT, "The run and the job that sent it, as run_…/job_…"),
    _F("errors", _T.LIST, "Why it failed: code and reason."),
    _F("error_code", _T.NUMBER, "The first error's code."),
)
_CHAT = (
    _F("chat", _T.TEXT, "The chat screen's id of the conversation."),
    _F("message_id", _T.TEXT, "The chat screen's id of the message."),
    _F("text", _T.TEXT, "What was written or selected.", required=True),
    _F("agent", _T.RECORD, "The employee at the screen."),
)
_CALL = (
    _F("call_id", _T.TEXT, "The telephone exchange's id of the call."),
    _F("channel", _T.TEXT, "telephone, whatsapp …"),
    _F("direction", _T.TEXT, "incoming or outgoing."),
    _F("phone", _T.TEXT, "The customer's number."),
    _F("duration", _T.NUMBER, "Seconds of conversation."),
    _F("started_at", _T.TIME, "When somebody picked up."),
    _F("ended_at", _T.TIME, "When it ended."),
    _F("agent", _T.RECORD, "The employee who was called or who called."),
    _F("recording", _T.TEXT, "Where a recording is kept."),
)
_MAIL = (
    _F("message_id", _T.TEXT, "Its Message-ID."),
    _F("from", _T.TEXT, "The address in From; proven where the event names a person.", required=True),
    _F("to", _T.TEXTS, "The addresses that it was sent to."),
    _F("cc", _T.TEXTS, "The addresses that got a copy."),
    _F("subject", _T.TEXT, "Its subject."),
    _F("text", _T.TEXT, "Its text, as far as an event can hold it."),
    _F("attachments", _T.LIST, "name, type, size and where each is kept."),
    _F("verdicts", _T.OBJECT, "What SES says of spam, virus, spf, dkim and dmarc."),
    _F("automatic", _T.FLAG, "Whether a machine sent it: such mail is no reply and gets none."),
    _F("reply_to_run", _T.TEXT, "The run whose mail it answers."),
)
_CALLED = "a call of this direction and outcome ended, as the telephone exchange or WhatsApp reports"
_SENT = (
    _F("message_id", _T.TEXT, "SES's id of the mail.", required=True),
    _F("to", _T.TEXT, "The recipient whom it is about."),
    _F("copy", _T.FLAG, "Whether they had only a copy (`cc` or `bcc`)."),
    _F("main_recipients", _T.NUMBER, "How many stand in `to`, if several."),
    _F("subject", _T.TEXT, "Its subject."),
    _F("job", _T.TEXT, "The job that sent it."),
    _F("run", _T.TEXT, "The run of that job."),
    _F("tags", _T.OBJECT, "The tags that it was sent with."),
    _F("reason", _T.TEXT, "What the receiving side said."),
)


def _whatsapp(
    name: str, description: str, data: tuple[DataField, ...], example: Any, makers: tuple[Maker, ...] = _PARSED
) -> EventType:
    derived = "Meta's WhatsApp webhook says so"
    return EventType(f"whatsapp.{name}", description, makers, derived, (*data, *_PERSON), example)


def _status(name: str, description: str) -> EventType:
    example = {"message_id": "wamid.HBgM", "status": name, "callback": "run_2k/job_4x"}
    return _whatsapp(f"message_{name}", description, _STATUS, example, _RECEIVED)


def _call(name: str, description: str, **example: Any) -> EventType:
    data = {"phone": "+905321234567", **example}
    return EventType(f"call.{name}", description, _REPORTED, _CALLED, _CALL, data)


def _mailed(name: str, description: str, *details: DataField) -> EventType:
    return EventType(f"email.{name}", description, _RECEIVED, "SES reports it about a mail that a step sent",
                     (*_SENT, *details), {"message_id": "0102", "to": "ayse@example.com", "job": "job_4x"})  # fmt: skip


_E = EventType

MESSAGE_EVENTS: tuple[EventType, ...] = (
    _E("contact.replied", "The customer answered, on any channel; never an automatic mail.", _PARSED,
       "a message, reaction or mail of a person arrives that is no automatic one",
       (_F("channel", _T.TEXT, "whatsapp, email, sms, chat …"), *_MESSAGE[:4],
        _F("emoji", _T.TEXT, "Of a reaction."), _F("reply_to", _T.TEXT, "The message that it answers.")),
       {"channel": "whatsapp", "message_id": "wamid.HBgM", "kind": "text", "text": "Yes, please"}),
    _whatsapp("message_received", "A customer sent a WhatsApp message of any kind.", _MESSAGE,
              {"message_id": "wamid.HBgM", "kind": "text", "text": "price list?", "phone": "+905321234567"}),
    _whatsapp("message_edited", "A customer edited a message.", _MESSAGE, {"message_id": "wamid.HBgM"}),
    _whatsapp("message_deleted", "A customer took a message back.", _MESSAGE[:1], {"message_id": "wamid.HBgM"}),
    _status("sent", "Our WhatsApp message left."),
    _status("delivered", "Our WhatsApp message arrived."),
    _status("read", "Our WhatsApp message was read."),
    _status("played", "Our voice message was played."),
    _status("failed", "Our WhatsApp message could not be delivered."),
    _whatsapp("preference_changed", "A customer stopped our marketing messages, or wants them again.",
              (_F("category", _T.TEXT, "What it is about.", required=True), _F("value", _T.TEXT, "stop or resume"),
               _F("consented", _T.FLAG, "Whether such messages may be sent."),
               _F("by", _T.TEXT, "link: by a link in a message"), _F("way", _T.TEXT, "page")),
              {"category": "marketing_messages", "value": "stop", "consented": False}, _RECEIVED),
    _whatsapp("number_changed", "A customer has another number now.",
              (_F("new_wa_id", _T.TEXT, "The new id."), _F("new_phone", _T.TEXT, "The new number.")),
              {"new_wa_id": "905321234568", "new_phone": "+905321234568"}, _RECEIVED),
    _E("email.received", "A mail arrived.", _PARSED, "SES receives a mail for one of our addresses", _MAIL,
       {"from": "ayse@example.com", "to": ["support@example.org"], "subject": "My order", "automatic": False}),
    _mailed("sent", "Our mail left."),
    _mailed("delivered", "Our mail arrived."),
    _mailed("delayed", "Our mail is held up on its way.", _F("delay_type", _T.TEXT, "Why.")),
    _mailed("bounced", "Our mail could not be delivered.", _F("bounce_type", _T.TEXT, "Permanent or Transient."),
            _F("permanent", _T.FLAG, "Whether the address will never take mail.")),
    _mailed("complained", "The recipient called our mail spam.", _F("feedback_type", _T.TEXT, "What was wrong.")),
    _mailed("rejected", "SES did not send our mail.", _F("rejected_because", _T.TEXT, "Why.")),
    _mailed("rendering_failed", "A template of SES could not be filled in.", _F("error", _T.TEXT, "Why.")),
    _mailed("opened", "Our mail was opened, as far as that can be seen."),
    _mailed("clicked", "A link in our mail was followed.", _F("link", _T.TEXT, "Which.")),
    _mailed("subscription_changed", "The recipient subscribed or unsubscribed, through SES or by a link in a message.",
            _F("unsubscribed_from_all", _T.FLAG, "Whether from everything."),
            _F("by", _T.TEXT, "link: by a link in a message"), _F("way", _T.TEXT, "one_click or page")),
    _E("audience.preference_changed", "A customer wants to be in none of our advertising audiences.", _RECEIVED,
       "the customer chooses so on the page of a link in our messages",
       (_F("category", _T.TEXT, "What it is about.", required=True), _F("value", _T.TEXT, "stop"),
        _F("consented", _T.FLAG, "Whether the customer may be in audiences."),
        _F("by", _T.TEXT, "link: by a link in a message"), _F("way", _T.TEXT, "page")),
       {"category": "marketing_messages", "value": "stop", "consented": False, "by": "link", "way": "page"}),
    _E("chat.message_received", "A customer wrote on a chat screen.", _REPORTED, "the chat system reports it", _CHAT,
       {"chat": "c-81", "text": "I want to cancel"}),
    _E("chat.text_selected", "An employee selected a text on the chat screen.", _REPORTED, "the chat screen reports it",
       _CHAT, {"chat": "c-81", "text": "Bağdat Caddesi 12", "agent": "agent:ayse"}),
    _E("chatbot.message_received", "A customer wrote to a chatbot.", _REPORTED, "the chatbot reports it", _CHAT,
       {"chat": "b-7", "text": "opening hours"}),
    _call("incoming_answered", "A customer called and somebody answered.", duration=184),
    _call("incoming_missed", "A customer called and nobody answered."),
    _call("outgoing_answered", "An employee called and the customer answered.", duration=95),
    _call("outgoing_unanswered", "An employee called and the customer did not answer."),
    _E("form.submitted", "A website's form was filled in.", _REPORTED, "a form is posted to a form source",
       (_F("form", _T.TEXT, "The source's name."), _F("fields", _T.OBJECT, "The answers.", required=True),
        _F("files", _T.LIST, "field, name, type and size of what was uploaded.")),
       {"form": "contact", "fields": {"email": "ayse@example.com", "message": "Hello"}}),
    _E("meta_lead.created", "Somebody filled in a lead form on Facebook or Instagram.", _PARSED,
       "Meta notifies of a lead and its fields were fetched; the lead's record is written first",
       (_F("leadgen_id", _T.TEXT, "Meta's id of the lead.", required=True), _F("form_id", _T.TEXT, "The lead form."),
        _F("campaign_name", _T.TEXT, "The campaign."), _F("full_name", _T.TEXT, "The person's name."),
        _F("email", _T.TEXT, "The person's e-mail."), _F("phone", _T.TEXT, "The person's number, E.164."),
        _F("answers", _T.OBJECT, "The form's own questions."), _F("consents", _T.OBJECT, "Boxes, ticked or not."),
        _F("is_test", _T.FLAG, "Whether it came from Meta's testing tool."),
        _F("submitted_at", _T.TIME, "When it was submitted.")),
       {"leadgen_id": "444444444444", "campaign_name": "Spring", "phone": "+905321234567", "is_test": False},
       "the lead's record"),
    _E("webhook.received", "A configured source sent something that none of its mappings takes.", (Maker.SOURCE,),
       "a delivery of a source was verified and left unmapped; mapped ones have the type that the mapping names",
       (_F("source", _T.TEXT, "The source's name.", required=True), _F("body", _T.ANY, "What it sent."),
        _F("omitted", _T.TEXTS, "What was too large for the event.")),
       {"source": "shop", "body": {"order": {"number": "A-17"}}}),
    _E("button.clicked", "Somebody pressed a button of another system or of a page.", _REPORTED,
       "the system that has the button reports it",
       (_F("button", _T.TEXT, "Which button.", required=True), _F("by", _T.TEXT, "Who pressed it.")),
       {"button": "send-offer", "by": "agent:ayse"}, "the record that the button stands on"),
)  # fmt: skip
