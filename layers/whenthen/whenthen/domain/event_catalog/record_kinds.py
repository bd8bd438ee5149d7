"""List the kinds of record that whenthen knows. Admins may name others, which have the same common events."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class RecordKind(Struct, frozen=True):
    """Describe one kind of record.

    elsewhere  whether its truth is often kept in another system (a telephone exchange, a calendar, a shop), so
               that other systems may report what happened to it without keeping a record here
    """

    name: str
    description: str
    elsewhere: bool = False


_K = RecordKind

KINDS: Mapping[str, RecordKind] = {
    kind.name: kind
    for kind in (
        _K("contact", "A person that the company deals with."),
        _K("company", "An organisation that the company deals with."),
        _K("lead", "A person or organisation that may become a customer."),
        _K("deal", "A sale under way, in a stage of a pipeline."),
        _K("quote", "A proposal sent to a customer.", elsewhere=True),
        _K("invoice", "An invoice.", elsewhere=True),
        _K("payment", "A payment, received or failed.", elsewhere=True),
        _K("ticket", "A customer's request to support.", elsewhere=True),
        _K("task", "Something that an employee is to do."),
        _K("meeting", "An appointment with a customer, once or in a series.", elsewhere=True),
        _K("reservation", "A customer's booking.", elsewhere=True),
        _K("calendar_event", "An entry of a calendar.", elsewhere=True),
        _K("chat", "A conversation on a chat screen.", elsewhere=True),
        _K("call", "A telephone call.", elsewhere=True),
        _K("form", "A filled-in form.", elsewhere=True),
        _K("document", "A document of a customer."),
        _K("agent", "An employee or representative."),
    )
}

PEOPLE = frozenset({"contact", "company", "customer", "lead"})
"""Name the kinds of customers: a record that gets one as its parent, and is one, is a sub-customer."""
