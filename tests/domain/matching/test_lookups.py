"""Of many rules the matcher asks few, and what is costly to find out it asks last and once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.matching.rules import Rule, Trigger, agree, condition_of, numbered
from whenthen.domain.common import contents as lists
from whenthen.domain.common import values
from whenthen.domain.conditions import contents, operands
from whenthen.domain.matching import value_keys
from whenthen.domain.matching.rule_set import compile_rules


class Stored(dict[str, Any]):
    """A record that is read from a store when it is first asked for."""

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


def test_the_fields_of_a_removed_rule_are_not_looked_up() -> None:
    far = condition_of({"field": "related.owner.team", "op": "equals", "value": "a"})
    ruleset = compile_rules([Rule("far", Trigger(("a.b",)), far), Rule("near", Trigger(("a.b",)))])
    related = Stored(owner={"team": "a"})
    assert ruleset.match({"event": {"type": "a.b"}, "related": related}) == {"far", "near"}
    ruleset.remove("far")
    reads = related.reads
    assert ruleset.match({"event": {"type": "a.b"}, "related": related}) == {"near"}
    assert related.reads == reads


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("contains", "keyword{:05}", "Hi, KEYWORD04711 please"),
        ("starts_with", "keyword{:05}", "KeyWord04711"),
        ("matches", "*keyword{:05}*!", "a keyword04711, please!"),
        ("equals", "keyword{:05}", "KEYWORD04711"),
        ("in", ["keyword{:05}", "word{:05}"], ["other", "Word04711"]),
    ],
)
def test_rules_that_do_not_match_are_not_checked(op: str, value: Any, found: Any) -> None:
    """10,000 keywords on one event type: only the rule whose keyword is in the text looks at the related record."""
    rules = [
        Rule(
            f"rule_{n}",
            Trigger(("whatsapp.message_received",)),
            condition_of(
                {
                    "all": [
                        {"field": "related.owner.team", "op": "is_empty"},
                        {
                            "field": "event.data.text",
                            "op": op,
                            "value": value.format(n) if isinstance(value, str) else [each.format(n) for each in value],
                            "ignore_case": True,
                        },
                    ]
                }
            ),
        )
        for n in range(10_000)
    ]
    related = Stored(owner={})
    context = {"event": {"type": "whatsapp.message_received", "data": {"text": found}}, "related": related}
    assert compile_rules(rules).match(context) == {"rule_4711"}
    assert related.reads == 1


def test_a_rule_is_looked_up_by_the_rarest_thing_that_it_demands() -> None:
    """All rules demand one of two stages, and each a company of its own: an event of one company checks one rule."""
    rules = [
        Rule(
            f"rule_{n}",
            Trigger(("a.b",)),
            condition_of(
                {
                    "all": [
                        {"field": "record.stage", "op": "equals", "value": f"stage-{n % 2}"},
                        {"field": "record.company", "op": "equals", "value": f"company-{n}"},
                        {"field": "related.owner.team", "op": "equals", "value": "a"},
                    ]
                }
            ),
        )
        for n in range(200)
    ]
    related = Stored(owner={"team": "a"})
    context = {"event": {"type": "a.b"}, "record": {"stage": "stage-1", "company": "company-77"}, "related": related}
    assert compile_rules(rules).match(context) == {"rule_77"}
    assert related.reads == 1


@pytest.mark.parametrize(
    "condition",
    [
        {
            "all": [
                {"field": "related.owner.team", "op": "equals", "value": "a"},
                {"field": "record.x", "op": "not_equals", "value": 1},
            ]
        },
        {
            "all": [
                {"field": "related.owner.team", "op": "equals", "value": "a"},
                {"field": "record.x", "op": ">", "value": 1},
            ]
        },
        {
            "any": [
                {"field": "related.owner.team", "op": "not_equals", "value": "b"},
                {"field": "record.x", "op": "is_empty", "value": False},
            ]
        },
    ],
)
def test_related_records_and_history_are_looked_up_last_and_only_if_they_decide(condition: dict[str, Any]) -> None:
    ruleset = compile_rules([Rule("r", Trigger(("a.b",)), condition_of(condition))])
    decided, answer = (2, {"r"}) if "any" in condition else (1, set())
    related = Stored(owner={"team": "a"})
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": decided}, "related": related}) == answer
    assert related.reads == 0
    assert ruleset.match(
        {"event": {"type": "a.b"}, "record": {"x": 5} if "all" in condition else {}, "related": related}
    ) == {"r"}
    assert related.reads


@pytest.mark.parametrize("text", ["Görüşmek istiyorum. ", "I want to talk. "])
@pytest.mark.parametrize("options", [{}, {"ignore_case": True}])
def test_a_long_text_is_brought_into_form_once_however_many_rules_ask_for_it(
    text: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    formed: list[int] = []
    counting = {form.__name__: _counting(form, formed) for form in (values.folded, values.composed)}
    for module in (values, lists, contents, operands, value_keys):
        for name, form in counting.items():
            monkeypatch.setattr(module, name, form)
    said = [("equals", "Hi {}"), ("not_equals", "Hi {}"), ("contains", "{}"), ("matches", "Hi*{}"), ("in", ["{}", "x"])]
    known = numbered(
        [
            {
                "all": [
                    {"field": "event.data.sender", "op": "equals", "value": "sender"},
                    {"not": {"field": "event.data.text", "op": op, "value": _filled(value, number), **options}},
                ]
            }
            for number in range(30)
            for op, value in said
        ],
        "a.b",
    )
    ruleset = compile_rules(known.values())
    agree(ruleset, known, [{"event": {"type": "a.b", "data": {"sender": "sender", "text": "hi"}}}])
    formed.clear()
    long = text * 2_000
    assert ruleset.match({"event": {"type": "a.b", "data": {"sender": "sender", "text": long}}})
    assert formed.count(len(long)) <= 3


def _counting(form: Any, formed: list[int]) -> Any:
    return lambda text: formed.append(len(text)) or form(text)


def _filled(value: Any, number: int) -> Any:
    return [each.format(number) for each in value] if isinstance(value, list) else value.format(number)
