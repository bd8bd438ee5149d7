"""Write enrolments, their chunks and taken addresses as items of the runs table, and read them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import convert, to_builtins

from whenthen.adapters.dynamodb.common.items import Item, pack, unpack
from whenthen.domain.enrolments.duplicates import Member
from whenthen.domain.enrolments.enrolment import Enrolment
from whenthen.domain.events.event import format_time

SK = "enrolment"
LIST_PK = "enrolments"


def enrolment_pk(enrolment_id: str) -> str:
    """Return the partition of an enrolment and its chunks."""
    return f"enrolment#{enrolment_id}"


def list_of_rule(rule: str) -> str:
    """Return the partition of a rule's enrolments in their index."""
    return f"{LIST_PK}#{rule}"


def chunk_sk(number: int) -> str:
    """Return the sort key of a chunk."""
    return f"chunk#{number:08d}"


def address_key(enrolment_id: str, address: str) -> tuple[str, str]:
    """Return the key of a taken address: a partition of its own, as there may be thousands a minute."""
    return f"enrolment#{enrolment_id}#{address}", "address"


def enrolment_item(work: Enrolment, expires_at: int | None) -> Item:
    """Make the enrolment's own item."""
    document = to_builtins(work)
    created = f"{format_time(work.created_at)}#{work.id}"
    return {
        "pk": enrolment_pk(work.id),
        "sk": SK,
        "gsi1pk": LIST_PK,
        "gsi1sk": created,
        "gsi2pk": list_of_rule(work.order.rule),
        "gsi2sk": created,
        "document": pack(document),
        "status": work.status.value,
        "version": work.version,
        "expires_at": expires_at,
    }


def enrolment_of(item: Item) -> Enrolment:
    """Read an enrolment from its item."""
    return convert(unpack(item["document"]), Enrolment)


def chunk_item(enrolment_id: str, number: int, members: Sequence[Member], expires_at: int) -> Item:
    """Make the item of a chunk of members."""
    return {
        "pk": enrolment_pk(enrolment_id),
        "sk": chunk_sk(number),
        "members": pack(to_builtins(members)),
        "expires_at": expires_at,
    }


def members_of(item: Item) -> list[Member]:
    """Read the members of a chunk from its item."""
    return convert(unpack(item["members"]), list[Member])


def address_item(enrolment_id: str, address: str, ref: str, expires_at: int) -> Item:
    """Make the item of an address that a record took."""
    pk, sk = address_key(enrolment_id, address)
    return {"pk": pk, "sk": sk, "ref": ref, "expires_at": expires_at}
