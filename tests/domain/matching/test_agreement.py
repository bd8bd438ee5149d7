"""The matcher agrees with `evaluate` on any rules and events, while rules come and go."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any
from unicodedata import normalize

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.matching.generators import Source, contexts, event_of, fitting, rule_of, rules, seeds
from tests.domain.matching.rules import Rule, agree, naive, numbered
from tests.examples import examples
from whenthen.domain.conditions.condition import predicates
from whenthen.domain.matching.rule_set import compile_rules, required_condition_of

pools = st.lists(rules, min_size=6, max_size=16, unique_by=lambda rule: rule.id)
checked = settings(suppress_health_check=list(HealthCheck), derandomize=True)


@settings(checked, max_examples=examples(600, fast=150))
@given(pool=pools, seen=st.lists(contexts, min_size=2, max_size=4), forms=st.lists(seeds, min_size=1, max_size=2))
def test_the_matcher_agrees_with_evaluate(pool: list[Rule], seen: list[dict[str, Any]], forms: list[int]) -> None:
    """On any events, and on some that hold what each of the rules asks for."""
    fit = [fitting(rule, event, form) for event, form in zip(seen, forms, strict=False) for rule in pool]
    agree(compile_rules(pool), {rule.id: rule for rule in pool}, [*seen, *fit])


changes = st.one_of(
    st.tuples(st.just("add"), rules),
    st.tuples(st.just("remove"), st.integers(0, 30)),
    st.tuples(st.just("match"), contexts),
)


@settings(checked, max_examples=examples(400, fast=100))
@given(pool=pools, made=st.lists(changes, min_size=3, max_size=20), form=seeds, last=contexts)
def test_the_matcher_agrees_with_evaluate_while_rules_come_and_go(
    pool: list[Rule], made: list[tuple[str, Any]], form: int, last: dict[str, Any]
) -> None:
    """Rules are added, replaced and removed in any order, before and after the first event of their type."""
    ruleset, known = compile_rules(pool), {rule.id: rule for rule in pool}
    for change, what in made:
        if change == "add":
            ruleset.add(what)
            known[what.id] = what
        elif change == "remove":
            ruleset.remove(f"rule_{what}")
            known.pop(f"rule_{what}", None)
        else:
            agree(ruleset, known, [what, *(fitting(rule, what, form) for rule in list(known.values())[:4])])
    while known:
        rule = known.pop(next(iter(known)))
        ruleset.remove(rule.id)
        agree(ruleset, known, [fitting(rule, last, form)])
    assert not ruleset._indexes


pairs = st.lists(seeds, min_size=4, max_size=24)


@settings(checked, max_examples=examples(300, fast=75))
@given(numbers=pairs, found=st.lists(seeds, min_size=3, max_size=8), form=seeds, texts=st.booleans())
def test_many_rules_about_one_field_agree_with_evaluate(
    numbers: list[int], found: list[int], form: int, *, texts: bool
) -> None:
    """Predicates, pairs of them, and their opposites come to the tables of one field, and some of them go."""
    wanted = [Source(number).predicate(["record.x"], ["record.x"]) for number in numbers]
    if texts:  # whose tables have a shorter way
        wanted = [each for each in wanted if not _numbers_in(each["value"])]
    documents = [*wanted, *({"not": each} for each in wanted)]
    documents += [{group: [*pair]} for group in ("any", "all") for pair in pairwise(wanted)]
    known = numbered(documents, "a.b")
    values = [Source(number).value() for number in found]
    values += [[Source(number + at).text() for at in range(3)] for number in found]
    rest = {"before": {"x": values[0]}, "now": "2026-03-14T12:00:00+03:00"}
    seen: list[dict[str, Any]] = [{"event": {"type": "a.b"}, "record": {"x": value}, **rest} for value in values]
    fit = [fitting(rule, seen[0], form + at) for at, rule in enumerate(list(known.values())[: len(wanted)])]
    fit += [_of_a_list(event) for event in fit]
    seen += [{"event": {"type": "a.b"}, **rest}, *fit]
    early = dict(list(known.items())[::2])
    ruleset = compile_rules(early.values())
    agree(ruleset, early, seen[::3])
    for rule in list(known)[1::2]:
        ruleset.add(known[rule])
    agree(ruleset, known, seen)
    for rule in list(known)[::3]:
        ruleset.remove(rule)
        del known[rule]
    agree(ruleset, known, seen[1::3])


def _numbers_in(value: Any) -> bool:
    return any(not isinstance(each, str) for each in (value if isinstance(value, list) else [value]))


def _of_a_list(event: dict[str, Any]) -> dict[str, Any]:
    value = event["record"].get("x")
    return {**event, "record": {"x": ["z", normalize("NFD", value)] if isinstance(value, str) else [value]}}


def test_the_generated_events_meet_rules_of_every_size() -> None:
    """The properties would say little of nests of many predicates if no event met them."""
    met, asked = Counter[int](), Counter[int]()
    for number in range(2**50, 2**50 + 2_000):
        rule = rule_of(number)
        size = min(6, len([*predicates(required_condition_of(rule))]))
        asked[size] += 1
        met[size] += bool(naive({rule.id: rule}, fitting(rule, event_of(number), number)))
    assert all(asked[size] > 60 and 0.15 < met[size] / asked[size] < 0.85 for size in range(1, 7)), (asked, met)
