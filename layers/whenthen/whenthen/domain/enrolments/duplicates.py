"""Find records of one person in an enrolment: those with a common address. The first by id enters, the others do not.

Addresses are known by a short hash: the work of an enrolment keeps no phone number and no e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record

_SHORT = 16
"""Hexadecimal digits of a hash: among a million addresses, no two are the same by chance."""


class Member(Struct, frozen=True, array_like=True):
    """Name a record of the view, and its addresses by their hashes (none: it is compared with no other)."""

    ref: str
    addresses: tuple[str, ...] = ()


class Split(Struct, frozen=True):
    """Say which members enter, which are one with an earlier one, and which addresses are taken now, and by whom."""

    entering: tuple[str, ...]
    duplicates: tuple[str, ...]
    taken: Mapping[str, str]


def member_of(record: Record, *, per_person: bool) -> Member:
    """Make the member of a record."""
    return Member(record.ref, tuple(map(_hashed, record.identities)) if per_person else ())


def split(members: Sequence[Member], taken: Mapping[str, str]) -> Split:
    """Divide members, in the order of the view, by the addresses that are taken (address → ref).

    What a member takes depends on those before it alone. So a repetition finds the same, though it finds taken what
    its first attempt took.
    """
    now, entering, duplicates = dict(taken), [], []
    for member in members:
        if any(now.get(address, member.ref) != member.ref for address in member.addresses):
            duplicates.append(member.ref)
        else:
            entering.append(member.ref)
            now |= dict.fromkeys(member.addresses, member.ref)
    new = {address: ref for address, ref in now.items() if taken.get(address) != ref}
    return Split(tuple(entering), tuple(duplicates), new)


def addresses_of(members: Iterable[Member]) -> list[str]:
    """Return every address of the members once."""
    return list(dict.fromkeys(address for member in members for address in member.addresses))


def _hashed(identity: str) -> str:
    return sha256(identity.encode(errors="surrogatepass")).hexdigest()[:_SHORT]
