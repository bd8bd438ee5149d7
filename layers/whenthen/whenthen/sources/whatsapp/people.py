"""Find the customer and the business of a WhatsApp change: by number, by business-scoped id, or by both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from whenthen.domain.events.identities import identity, phone_of_digits
from whenthen.sources.parsing.json_body import mapping, mappings, present, text, text_id

_LONGEST_ID = 128
_LONGEST_NAME = 256


class Line(Struct, frozen=True):
    """Hold the business's side of a change, and the people that the change names, by number and by id."""

    account_id: str | None
    phone_number_id: str | None
    phone: str | None
    by_number: Mapping[str, Mapping[str, Any]]
    by_user_id: Mapping[str, Mapping[str, Any]]
    only_contact: Mapping[str, Any] | None

    def data(self) -> dict[str, Any]:
        """Return the data that every event has about the business's side."""
        return present(
            {"account_id": self.account_id, "phone_number_id": self.phone_number_id, "business_phone": self.phone}
        )


class Customer(Struct, frozen=True):
    """Hold the customer's side. People with a user name may have their business-scoped `user_id` alone."""

    wa_id: str | None
    user_id: str | None
    contact: Mapping[str, Any]

    @property
    def phone(self) -> str | None:
        """Return the number in E.164; WhatsApp writes it without the plus sign."""
        return phone_of_digits(self.wa_id) if self.wa_id else None

    @property
    def identities(self) -> tuple[str, ...]:
        """Return `phone#…` and `whatsapp#…`, as far as they are known."""
        number = [identity("phone", self.phone)] if self.phone else []
        return (*number, *([identity("whatsapp", self.user_id)] if self.user_id else []))

    def data(self) -> dict[str, Any]:
        """Return the data that every event has about the customer's side."""
        profile = mapping(self.contact.get("profile"))
        return present(
            {
                "phone": self.phone,
                "wa_id": self.wa_id,
                "user_id": self.user_id,
                "parent_user_id": _id(self.contact.get("parent_user_id")),
                "profile_name": (text(profile.get("name")) or "")[:_LONGEST_NAME] or None,
                "username": _id(profile.get("username")),
            }
        )


def line_of(account_id: str | None, value: Mapping[str, Any]) -> Line:
    """Read the business's side of one change."""
    metadata = mapping(value.get("metadata"))
    contacts = mappings(value.get("contacts"))
    shown = text_id(metadata.get("display_phone_number")) or ""
    return Line(
        account_id=account_id,
        phone_number_id=text_id(metadata.get("phone_number_id")),
        phone=phone_of_digits("".join(character for character in shown if character.isdigit())),
        by_number={_number(number): contact for contact in contacts if (number := _id(contact.get("wa_id")))},
        by_user_id={user_id: contact for contact in contacts if (user_id := _id(contact.get("user_id")))},
        only_contact=contacts[0] if len(contacts) == 1 else None,
    )


def customer_of(line: Line, number: Any, user_id: Any) -> Customer:
    """Find the customer with that number or business-scoped id, joined with a contact of the change.

    A contact is joined if it has the same id, or the same number and no other id. No other contact is joined, even if
    it is the only one: two persons must not become one. Only an item that names nobody is of the only contact.
    """
    own_number, external_id = _id(number), _id(user_id)
    contact: Mapping[str, Any] = {}
    if own_number is None and external_id is None:
        contact = line.only_contact or {}
    elif external_id in line.by_user_id:
        contact = line.by_user_id[external_id or ""]
    elif own_number is not None:
        named = line.by_number.get(_number(own_number), {})
        contact = named if external_id is None or not _id(named.get("user_id")) else {}
    return Customer(own_number or _id(contact.get("wa_id")), external_id or _id(contact.get("user_id")), contact)


def _number(written: str) -> str:
    """Give the two writings of a Brazilian or Mexican number as one."""
    return phone_of_digits(written) or written


def _id(value: Any) -> str | None:
    found = text_id(value)
    return found if found is not None and len(found) <= _LONGEST_ID and found.isprintable() else None
