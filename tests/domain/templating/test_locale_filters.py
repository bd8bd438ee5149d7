"""Filters that write values in the customer's language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.templating.arguments import ARGUMENT_DOES_NOT_FIT, NOT_CURRENCY
from whenthen.domain.templating.templates import check, render

RECORD: dict[str, Any] = {
    "amount": 1234.005,
    "count": "5000",
    "share": 0.185,
    "day": "2026-03-05",
    "at": "2026-03-05T14:07:09Z",
    "phone": "+905321234567",
    "tags": ["a", "", "b", None, "c"],
    "currency": "TRY",
    "blank": " ",
    "note": "later",
}


def shown(expression: str, language: str | None = "tr", **more: Any) -> str:
    context = {"record": {**RECORD, "language": language}, "zone": ZoneInfo("Europe/Istanbul"), **more}
    return render(f"{{{{ {expression} }}}}", context)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("record.count|number", "5.000,00"),
        ("record.count|number(0)", "5.000"),
        ("record.amount|number", "1.234,01"),
        ("record.amount|money", "₺1.234,01"),
        ("record.amount|money('huf')", "HUF\u00a01.234"),
        ("record.amount|money('IDR')", "IDR\u00a01.234"),
        ("record.amount|money('TRY', 0)", "₺1.234"),
        ("(-record.amount)|money", "-₺1.234,01"),
        ("record.share|percent", "%19"),
        ("record.share|percent(1)", "%18,5"),
        ("record.day|date('long')", "5 Mart 2026"),
        ("record.at|date('short')", "5.03.2026"),
        ("record.at|date('%d %B', 'America/New_York')", "05 Mart"),
        ("record.at|time", "17:07"),
        ("record.at|time('medium')", "17:07:09"),
        ("record.at|time(zone='America/New_York')", "09:07"),
        ("record.at|datetime", "5 Mar 2026 17:07"),
        ("record.day|datetime('long')", "5 Mart 2026"),
        ("now|datetime('long')", "14 Mart 2026 12:30"),
        ("record.tags|to_sentence", "a, b ve c"),
        ("record.tags|to_sentence('or')", "a, b veya c"),
        ("record.note|to_sentence", "later"),
        ("record.phone|phone", "+90 532 123 45 67"),
        ("record.phone|phone('national')", "0532 123 45 67"),
        ("record.blank|or_else('friend')", "friend"),
        ("record.note|or_else('friend')", "later"),
        ("record.blank|first_of(record.missing, record.note, 'x')", "later"),
        ("record.tags|first_of", "a"),
        ("record.blank|first_of(record.missing)", ""),
    ],
)
def test_a_value_is_written_as_in_turkish(expression: str, text: str) -> None:
    assert shown(expression, now=datetime(2026, 3, 14, 9, 30, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    "filter_", ["number", "money", "percent", "date('long')", "time", "datetime", "phone", "to_sentence"]
)
def test_a_value_that_a_filter_cannot_read_stays_as_it_is(filter_: str) -> None:
    assert shown(f"record.note|{filter_}") == "later"
    assert shown(f"record.missing|{filter_}") == ""


@pytest.mark.parametrize(
    ("own", "of_rule", "locale", "text"),
    [
        ("tr", "en", None, "5.000,00"),
        ("TR-tr", "en", None, "5.000,00"),
        (None, "tr", None, "5.000,00"),
        ("de", "tr", None, "5.000,00"),
        ("de", None, None, "5,000.00"),
        (7, "tr", None, "5.000,00"),
        ("en", "en", "tr", "5.000,00"),
    ],
)
def test_the_locale_is_the_text_s_then_the_record_s_then_the_rule_s(
    own: Any, of_rule: str | None, locale: str | None, text: str
) -> None:
    context = {"record": {"n": 5000, "language": own}, "language": of_rule, "locale": locale}
    assert render("{{ record.n|number }}", context) == text


def test_an_event_without_record_goes_by_the_rule() -> None:
    assert render("{{ event.n|money('TRY') }}", {"event": {"n": 5}, "record": None, "language": "tr"}) == "₺5,00"


def test_an_amount_without_a_currency_is_a_number() -> None:
    assert render("{{ record.n|money }}", {"record": {"n": 5, "language": "tr"}}) == "5,00"
    assert render("{{ record.n|money }}", {"record": {"n": 5, "currency": ["TRY"], "language": "tr"}}) == "₺5,00"
    assert render("{{ record.n|money }}", {"record": {"n": 5, "currency": "lira!"}}) == "5.00"


def test_what_is_written_in_html_is_escaped() -> None:
    context = {"record": {"tags": ["<a>", "b"], "phone": "<i>"}}
    assert render("{{ record.tags|to_sentence }}{{ record.phone|phone }}", context, escaping=True) == (
        "&lt;a&gt; and b&lt;i&gt;"
    )


@pytest.mark.parametrize(
    ("expression", "argument"),
    [
        ("record.a|money('EURO')", "currency"),
        ("record.a|time('full')", "style"),
        ("record.a|datetime('%Y')", "style"),
        ("record.a|phone('local')", "style"),
        ("record.a|to_sentence('but')", "word"),
        ("record.a|percent('x')", "digits"),
    ],
)
def test_a_written_argument_that_does_not_fit_is_refused_when_it_is_saved(expression: str, argument: str) -> None:
    [problem] = check(f"{{{{ {expression} }}}}", "text")
    found: Any = problem.reason.params["problem"]
    assert (found.code, found.params["argument"]) == (ARGUMENT_DOES_NOT_FIT.code, argument)


def test_a_currency_has_three_letters() -> None:
    [problem] = check("{{ record.a|money('₺') }}", "text")
    found: Any = problem.reason.params["problem"]
    assert found.params["problem"] == NOT_CURRENCY()


@pytest.mark.parametrize("arguments", ["", "1, 2", "x=1", "other=1, other=2"])
def test_or_else_takes_one_value(arguments: str) -> None:
    assert check(f"{{{{ record.a|or_else({arguments}) }}}}", "text")


def test_first_of_takes_at_most_ten_values() -> None:
    assert check(f"{{{{ record.a|first_of({', '.join('1' * 10)}) }}}}", "text") == []
    assert check(f"{{{{ record.a|first_of({', '.join('1' * 11)}) }}}}", "text")
    assert check("{{ record.a|first_of(others=1) }}", "text")


@pytest.mark.parametrize(
    "filter_", ["time(record.style)", "datetime(record.style)", "phone(record.style)", "to_sentence(record.style)"]
)
@pytest.mark.parametrize("style", ["H" * 50_000, ["short"], {"a": 1}, 7])
def test_a_style_of_a_record_is_none_of_babel_s_patterns(filter_: str, style: Any) -> None:
    record = {"style": style, "at": "2026-03-05T14:07:09Z", "p": "+905321234567"}
    value = "record.p" if "phone" in filter_ else "record.at"
    with pytest.raises(Invalid) as refused:
        render(f"{{{{ {value}|{filter_} }}}}", {"record": record})
    assert refused.value.problems[0].reason.code == ARGUMENT_DOES_NOT_FIT.code
