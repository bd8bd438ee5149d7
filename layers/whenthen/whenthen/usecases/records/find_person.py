"""Find the one record that addresses belong to, and refuse addresses of two people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Conflict
from whenthen.domain.records.record import IDENTITY_FIELDS, OTHER_FIELDS, Record, identities_of, is_of_another
from whenthen.usecases.records.reason_codes import TWO_PEOPLE

if TYPE_CHECKING:
    from whenthen.ports.records import RecordStore


def find_person(records: RecordStore, kind: str, identities: Sequence[str]) -> Record | None:
    """Return the record of `kind` that all of these identities belong to, as far as any record has them; None for none.

    Raises Conflict, naming the records, if no single one has them all: whose the other fields are, nobody can say.
    """
    if len(identities) < 2:
        return records.find(identities, kind) if identities else None
    return one_of(identities, {each: records.find([each], kind) for each in identities})


def one_of(identities: Sequence[str], found: Mapping[str, Record | None]) -> Record | None:
    """Choose among the records that each identity finds. Raises Conflict as `find_person` does."""
    claimed = {each: record for each in identities if (record := found[each]) and not is_of_another(record, identities)}
    people = {record.ref: record for record in claimed.values()}
    if len(people) < 2:
        return next(iter(people.values()), None)
    # Several records may share an address, as a family does a number: the one that has all of them is meant.
    whole = [record for record in people.values() if claimed.keys() <= set(record.identities)]
    if not whole:
        raise Conflict(TWO_PEOPLE(refs=sorted(people)))
    return whole[0]


def without_claimed(records: RecordStore, record: Record, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the addresses that records of others have: no unproven sender moves them."""
    names = (*IDENTITY_FIELDS, *OTHER_FIELDS.values())
    given = {name: identities_of({name: value}) for name, value in fields.items() if name in names}
    claimed = {
        name
        for name, found in given.items()
        if found and any(other.ref != record.ref for other in records.find_all(found))
    }
    return {name: value for name, value in fields.items() if name not in claimed}
