"""Rows about customers and who answers for them: T01–T12, T35, T36."""

from __future__ import annotations

from tests.e2e.triggers.cases import Case, Document, Own, is_
from tests.e2e.triggers.hooks import Form, Posted
from tests.e2e.triggers.platforms import Mail, MetaLead, WhatsApp
from tests.e2e.triggers.records import Changed, ChildAdded, Deleted, Found, Imported, Made

_LEAD = {"event": "lead.created"}
_REPLIED = {"event": "contact.replied"}
_OF_PROJECT = "record.project"


def _via(how: str) -> tuple[Document, ...]:
    return (is_("event.data.via", how),)


def _crm(own: Own) -> Document:
    return {"lead": {"id": own.id, "email": own.email, "project": own.key}}


CUSTOMER_ROWS = (
    Case("T01", "a contact is created", {"event": "contact.created"}, Found("contact")),
    Case("T01", "a stranger who writes becomes a contact", {"event": "contact.created"}, WhatsApp("text", "phone")),
    Case("T01a", "a lead by a website's form", _LEAD, Form(_OF_PROJECT), _via("form")),
    Case("T01b", "a lead by hand", _LEAD, Made("lead"), _via("human")),
    Case("T01c", "a lead by import", _LEAD, Imported("lead"), _via("import")),
    Case("T01d", "a lead by integration", _LEAD, Posted("crm", _crm, _OF_PROJECT), _via("integration")),
    Case("T02", "a contact is added by hand", {"event": "contact.created_manually"}, Made("contact")),
    Case("T03", "anything of a contact changes", {"event": "contact.updated"},
         Changed("contact", ({"city": "Pécs"},), {"city": "İzmir"})),
    Case("T04", "one named field changes", {"event": "contact.field_changed", "field": "department"},
         Changed("contact", ({"department": "a"}, {"department": "a", "role": "b"}), {"department": "b"}),
         event="contact.updated"),
    Case("T05", "a contact is deleted", {"event": "contact.deleted"}, Deleted("contact")),
    Case("T06", "a company gets a branch", {"event": "company.child_added"}, ChildAdded("company")),
    Case("T07", "the main status becomes vip", {"event": "contact.status_changed", "field": "status", "to": "vip"},
         Changed("contact", ({"status": "new"}, {"status": "active"}), {"status": "vip"})),
    Case("T08", "the team's status changes", {"event": "contact.internal_status_changed"},
         Changed("contact", ({"internal_status": "review"},), {"internal_status": "ready"})),
    Case("T09", "the team's sub-status changes", {"event": "contact.internal_sub_status_changed"},
         Changed("contact", ({"internal_sub_status": "waiting"},), {"internal_sub_status": "escalated"})),
    Case("T10", "a tag is added", {"event": "contact.tag_added"},
         Changed("contact", ({"tags": ["new"]},), {"tags": ["new", "vip"]}), (is_("event.data.tags", "vip", "has"),)),
    Case("T11", "moved to another folder", {"event": "contact.folder_changed"},
         Changed("contact", ({"folder": "inbox"},), {"folder": "customers"})),
    Case("T12", "the customer reacts", _REPLIED, WhatsApp("reaction", "record", known="contact"),
         (is_("event.data.channel", "whatsapp"),)),
    Case("T12", "the customer answers by mail", _REPLIED, Mail(known="contact"), (is_("event.data.channel", "email"),)),
    Case("T35", "a lead of a Meta campaign", {"event": "meta_lead.created"}, MetaLead()),
    Case("T36", "an agent is created", {"event": "agent.created"}, Made("agent")),
)  # fmt: skip
