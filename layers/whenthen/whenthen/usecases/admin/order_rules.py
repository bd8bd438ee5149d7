"""order_rules: put rules in an order, in which the runs that one event starts follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, NotFound, Problem
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.ports.values import StoredRule
    from whenthen.usecases.admin.manage_rules import ManageRules

MAX_ORDERED = 100
"""Rules that one call puts in order."""

TWICE = ReasonCode("rule_order.twice", "rule")


class OrderRules(Struct, frozen=True):
    """Give rules the places 1, 2, 3 and so on. A repetition changes nothing."""

    manage: ManageRules

    def __call__(self, written: Mapping[str, Any], *, by: str) -> list[StoredRule]:
        """Order the `rules`, a list of ids, and return them as they are then. A changed place makes a version.

        Raises Invalid naming each id that is no rule, or is there twice, before anything is changed; Temporary if
        others change the same rules: then some have their places, and the call may be repeated.
        """
        problems: list[Problem] = []
        reader = Reader(written, "", problems)
        rule_ids = list(self._read(reader))
        reader.finish()
        if problems:
            raise Invalid(problems)
        return [self.manage.set_order(rule_id, place, by=by) for place, rule_id in enumerate(rule_ids, 1)]

    def _read(self, reader: Reader) -> Iterator[str]:
        rule_ids = reader.texts("rules", most=MAX_ORDERED)
        if not rule_ids and not reader.problems:
            reader.report("rules", REQUIRED())
        listed = reader.value("rules")
        places = [str(each).strip() for each in listed] if isinstance(listed, list) else list(rule_ids)
        for place, rule_id in enumerate(places[:MAX_ORDERED] if rule_ids else []):
            if rule_id in places[:place]:
                reader.report(f"rules[{place}]", TWICE(rule=rule_id))
                continue
            try:
                self.manage.get(rule_id)
            except NotFound as error:
                reader.report(f"rules[{place}]", error.reason)
            yield rule_id
