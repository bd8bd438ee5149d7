"""Map the product's checklist, whose rows have names such as T01 and A46, to what serves each row."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "<kind>.created": "T01 T01a T01b T01c T01d T13 T14 T17 T23 T28 T31 T36 T37 T44 T50 C20",
    "<kind>.created_manually": "T02 U43",
    "<kind>.updated": "T03 T18 T29 T32 C08",
    "<kind>.field_changed": "T04 C08 U05 U08",
    "<kind>.deleted": "T05 T19",
    "<kind>.child_added": "T06 C21",
    "<kind>.status_changed": "T07 T33 C03 C19",
    "<kind>.internal_status_changed": "T08",
    "<kind>.internal_sub_status_changed": "T09",
    "<kind>.tag_added": "T10 C04",
    "<kind>.tag_removed": "C04",
    "<kind>.folder_changed": "T11 C02",
    "<kind>.stage_changed": "T26 T54 C13",
    "<kind>.pipeline_changed": "T54 C14",
    "<kind>.owner_changed": "T03",
    "quote.signed": "T40",
    "invoice.paid": "T38",
    "invoice.cancelled": "T39",
    "payment.received": "T41",
    "payment.failed": "T42",
    "ticket.closed": "T34",
    "ticket.replied": "T32",
    "task.completed": "T30",
    "meeting.cancelled": "T52",
    "meeting.edited": "T51",
    "meeting.series_created": "T53",
    "reservation.date_changed": "T15",
    "calendar_event.date_changed": "T15",
    "meeting.date_changed": "T15",
    "reservation.edited": "T16",
    "calendar_event.edited": "T16",
    "reservation.cancelled": "T16",
    "calendar_event.cancelled": "T16",
    "chat.lost": "T24",
    "chat.closed": "T26",
    "chat.assigned": "T25",
    "ticket.assigned": "T25",
    "contact.replied": "T12 U50 S18",
    "whatsapp.message_received": "T43 T21 C09 C11",
    "email.received": "T27 U18 U19 U20 C25",
    "chat.message_received": "T21 C09",
    "chat.text_selected": "T20",
    "chatbot.message_received": "T45 U30",
    "call.incoming_answered": "T46 U52 C22",
    "call.incoming_missed": "T47 U53 C22",
    "call.outgoing_answered": "T48 U54 C22",
    "call.outgoing_unanswered": "T49 U55 C22",
    "form.submitted": "T13 T01a C07 U09 U10",
    "meta_lead.created": "T35 C12 U25",
    "webhook.received": "T22 C10",
    "button.clicked": "T62",
    "birthday.reached": "T60 U69 S14",
    "date.reached": "T61 T53 S15 S16 U59 U70",
    "schedule.reached": "T55 T61 S10 S15 U40 U70",
    "rule.started_manually": "T59 T62 S13 U68 M19",
    "rule.finished": "T58 S06",
}
"""Event type → the rows that it serves. `<kind>`: records of every kind have it."""

TRIGGERS: Mapping[str, str] = {
    "event": (
        "T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11 T12 T13 T14 T15 T16 T17 T18 "
        "T19 T20 T21 T22 T23 T24 T25 T26 T27 T28 T29 T30 T31 T32 T33 T34 T35 T36 "
        "T37 T38 T39 T40 T41 T42 T43 T44 T45 T46 T47 T48 T49 T50 T51 T52 T53 T54 "
        "T62 T63"
    ),
    "enters": "T56 T55 S09 S11 C17",
    "leaves": "T57 S09",
    "date": "T60 T61 S14 S15 S16",
    "schedule": "T55 T61 S10 S15",
    "manual": "T59 T62 S10 S13",
    "after_rule": "T58 S06 A46",
}
"""Kind of trigger → the rows that it serves."""

ACTIONS: Mapping[str, str] = {
    "send_email": "A01 A02 A03 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A22 A23 A24",
    "send_whatsapp": "A01 A05 A08 A11 A18",
    "send_sms": "A01 A04",
    "call_webhook": "A48 A49 A50",
    "send_chat": "A06 A08",
    "call_api": "A07 A44 A48 A50",
    "update_audience": "A51",
    "notify": "A24 A25 A29",
    "set_fields": "A35 A37 A47",
    "add_tags": "A36",
    "remove_tags": "A36",
    "assign_owner": "A30 A31 A32",
    "create_task": "A26 A28",
    "create_record": "A34 A39 A41 A42",
}
"""Action → the rows that it serves."""
