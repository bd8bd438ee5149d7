"""Reasons that are still English text are recognised and translated. Goes with `rendering.legacy`."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from whenthen.api.rendering.legacy import ROWS, reason_said, said_in
from whenthen.api.rendering.renderer import Renderer

LANGUAGES = ("en", "tr", "hu", "id", "he")
"""In the order of a row's texts."""


def plain(text: str) -> str:
    return re.sub("[\u2068\u2069]", "", text)


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_row_is_found_by_its_own_text(row: str) -> None:
    text = row.format(*"abcdef", said="is required", outcome="failed", report="sent")
    for column, language in enumerate(LANGUAGES):
        said = said_in(Renderer(language), text)
        assert said is not None
        fixed = [literal for literal, _, _, _ in Formatter().parse(ROWS[row][column]) if literal.strip()]
        assert all(part in said for part in fixed)


SAID: list[tuple[str, str]] = [
    ("2 of 3 steps done", "3 lépésből 2 elkészült"),
    ("call: its condition does not hold", "call: a feltétele nem teljesül"),
    ("say hello: it may have been sent: no answer within 5 s", "say hello: lehet, hogy elment: no answer within 5 s"),
    ("the run is stopped: its exit condition holds", "a futás állapota Leállítva: a kilépési feltétele teljesül"),
    ("exit: contact.replied, seen before it started", "kilépés: contact.replied, még az indulás előtt"),
    ("exit: contact.replied", "kilépés: contact.replied"),
    ("lead:7: set status (as it was already)", "lead:7: beállítva status (már úgy volt)"),
    ("lead:7: owner agent:a", "lead:7: felelős agent:a"),
    ("lead:7: set done", "lead:7: beállítva done"),
    ("there is no date in record.due_on", "a rekord due_on mezőjében nincs dátum"),
    ("with.to: there is no phone number", "with.to: nincs telefonszám"),
    ("hello: with.subject: is empty", "hello: with.subject: üres"),
    ("only https addresses may be called", "csak https címek hívhatók"),
    ("template: cannot be rendered: 'x' is undefined", "template: nem lesz belőle szöveg: 'x' is undefined"),
    ("fields.phone: 'x; y: z' is not a phone number such as +905321234567; fields.email: 'q' is not an e-mail address",
     "fields.phone: 'x; y: z' nem telefonszám; példa: +905321234567; fields.email: 'q' nem e-mail-cím"),
    ("hi: given up after 1 attempt: the receiver answered 503",
     "hi: 1 kísérlet után feladva: a fogadó válasza: 503"),
    ("hi: given up after 3 attempts: no connection to a.example: TimeoutError",
     "hi: 3 kísérlet után feladva: nem jött létre kapcsolat: a.example: TimeoutError"),
    ("Meta: the template takes another number of parameters (132000: expected (2) got (3))",
     "Meta: a sablon más számú paramétert vár (132000: expected (2) got (3))"),
    ("hi: WhatsApp: failed: 131047 Re-engagement message", "hi: WhatsApp: sikertelen: 131047 Re-engagement message"),
    ("SES: reported as spam", "SES: kéretlennek jelölve"),
    ("SES: Throttling", "SES: Throttling"),
    ("another step is called done", "egy másik lépés neve is done"),
    ("131047 Re-engagement message", "131047 Re-engagement message"),
    ("done: 131047 Re-engagement message", "done: 131047 Re-engagement message"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "hungarian"), SAID)
def test_reasons_are_said_again_in_another_language(reason: str, hungarian: str) -> None:
    assert plain(reason_said(Renderer("hu"), reason)) == hungarian
    assert plain(reason_said(Renderer("en"), reason)).replace("Stopped", "stopped") == reason


def test_names_and_values_of_a_reason_are_isolated() -> None:
    said = reason_said(Renderer("he"), "hello: with.to: 'x' is not a phone number")
    assert said == "\u2068hello: with.to\u2069: \u2068'x'\u2069 אינו מספר טלפון"


def test_a_reason_that_quotes_at_length_is_left_as_it_is() -> None:
    said = [said_in(Renderer("tr"), f"the mail cannot be written: {'x' * length}") for length in (500, 5_000)]
    assert [each is None for each in said] == [False, True]
