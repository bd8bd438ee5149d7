"""Rows about calendars, tables, tasks, tickets, money and meetings: T14–T19, T28–T34, T37–T42, T44, T50–T53."""

from __future__ import annotations

from tests.e2e.triggers.cases import Case
from tests.e2e.triggers.hooks import Posted, github, payment, stripe
from tests.e2e.triggers.platforms import OnBus, PlainOnBus
from tests.e2e.triggers.records import Changed, Deleted, Made

_STARTS = {"starts_at": "2027-03-20T09:30:00Z"}
_SERIES = {**_STARTS, "recurrence": "FREQ=WEEKLY;BYDAY=SA;COUNT=4"}
_OPEN = {"status": "open"}

WORK_ROWS = (
    Case("T14", "a calendar entry is made", {"event": "calendar_event.created"}, Made("calendar_event", _STARTS)),
    Case("T15", "a reservation is moved to another day", {"event": "reservation.date_changed"},
         Changed("reservation", (_STARTS,), {"starts_at": "2027-03-21T09:30:00Z"})),
    Case("T16", "anything else of a calendar entry", {"event": ["calendar_event.edited", "calendar_event.deleted"]},
         Changed("calendar_event", (_STARTS,), {"room": "Room 2"}), event="calendar_event.edited"),
    Case("T17", "a row of a table is created", {"event": "spare_part.created"}, Made("spare_part", {"sku": "A-1"})),
    Case("T18", "a row of a table is changed", {"event": "spare_part.updated"},
         Changed("spare_part", ({"stock": 2},), {"stock": 1})),
    Case("T19", "a row of a table is deleted", {"event": "spare_part.deleted"}, Deleted("spare_part")),
    Case("T28", "a task is created", {"event": "task.created"}, Made("task", {"title": "Call", **_OPEN})),
    Case("T29", "a task is changed", {"event": "task.updated"}, Changed("task", (_OPEN,), {"title": "Call again"})),
    Case("T30", "a task is completed", {"event": "task.completed"}, Changed("task", (_OPEN,), {"status": "done"})),
    Case("T31", "a ticket is opened", {"event": "ticket.created"}, github("issues", "issues_opened")),
    Case("T32", "a ticket gets a reply", {"event": ["ticket.status_changed", "ticket.replied"]},
         github("issue_comment", "issue_comment_created"), event="ticket.replied"),
    Case("T33", "a ticket's status changes", {"event": "ticket.status_changed"},
         Changed("ticket", (_OPEN,), {"status": "waiting"})),
    Case("T34", "a ticket is closed", {"event": "ticket.closed"}, github("issues", "issues_closed")),
    Case("T34", "a ticket of the store is closed", {"event": "ticket.closed"},
         Changed("ticket", (_OPEN,), {"status": "Solved"})),
    Case("T37", "an invoice is made", {"event": "invoice.created"}, stripe("invoice_created", "number")),
    Case("T38", "an invoice is paid", {"event": "invoice.paid"}, stripe("invoice_paid", "number")),
    Case("T38", "an invoice of the store is paid", {"event": "invoice.paid"},
         Changed("invoice", (_OPEN,), {"status": "paid"})),
    Case("T39", "an invoice is cancelled", {"event": "invoice.cancelled"}, stripe("invoice_voided", "number")),
    Case("T40", "a quote is signed", {"event": "quote.signed"}, stripe("quote_accepted", "number")),
    Case("T41", "a payment is received", {"event": "payment.received"},
         Posted("payments", payment, "event.data.payment_id")),
    Case("T42", "a payment fails", {"event": "payment.failed"},
         stripe("payment_intent_payment_failed", "description")),
    Case("T42", "a failed payment is noted", {"event": "payment.failed"}, Made("payment", {"status": "declined"})),
    Case("T44", "a reservation is made", {"event": "reservation.created"}, OnBus("reservation.created")),
    Case("T44", "a reservation of a plain sender", {"event": "reservation.created"},
         PlainOnBus("reservation.created")),
    Case("T50", "a meeting is made", {"event": "meeting.created"}, Made("meeting", _STARTS)),
    Case("T51", "a meeting is edited", {"event": "meeting.edited"},
         Changed("meeting", ({"location": "Room 1"},), {"location": "Room 2"})),
    Case("T52", "a meeting is cancelled", {"event": "meeting.cancelled"},
         Changed("meeting", (_STARTS,), {"status": "cancelled"})),
    Case("T53", "a series of meetings is made", {"event": "meeting.series_created"}, Made("meeting", _SERIES)),
)  # fmt: skip
