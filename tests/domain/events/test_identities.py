"""An address is one identity in every form: phone numbers, e-mail addresses and business-scoped ids."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid
from whenthen.domain.events import identities

PHONES = [
    # as written                default   E.164
    ("+90 532 123 45 67", None, "+905321234567"),
    ("0532 123 45 67", "TR", "+905321234567"),
    ("(532) 123-4567", "TR", "+905321234567"),
    ("905321234567", "TR", "+905321234567"),
    ("0090 532 123 45 67", None, "+905321234567"),
    ("+90 0532 123 45 67", None, "+905321234567"),
    ("٠٥٣٢١٢٣٤٥٦٧", "TR", "+905321234567"),
    ("06 30 123 4567", "HU", "+36301234567"),
    ("0812-3456-7890", "ID", "+6281234567890"),
    ("050-123-4567", "IL", "+972501234567"),
    ("+1 (555) 095-3877", None, "+15550953877"),
    ("+521 55 1234 5678", None, "+525512345678"),
    ("+52 55 1234 5678", None, "+525512345678"),
    ("+55 11 8765-4321", None, "+5511987654321"),
    ("+55 11 98765-4321", None, "+5511987654321"),
    ("+55 11 3765-4321", None, "+551137654321"),
    ("0532 123 45 67", None, None),
    ("12345", "TR", None),
    ("call me", "TR", None),
    ("", "TR", None),
    ("+90" + "5" * 100, None, None),
    ("0532 123 45 67", "no such country", None),
]


NUMBERS: list[tuple[object, str | None]] = [
    ("0532", "0532"),
    ("", ""),
    (5321234567, "5321234567"),
    (5321234567.0, "5321234567"),
    (0, "0"),
    (5321234567.5, None),
    (-5, None),
    (True, None),
    (10**18, None),
    (10**5_000, None),
    (1e300, None),
    (float("inf"), None),
    (float("nan"), None),
    (None, None),
    (["0532"], None),
]


@pytest.mark.parametrize(("value", "expected"), NUMBERS, ids=map(str, range(len(NUMBERS))))
def test_texts_and_whole_numbers_are_read_as_people_write_them(value: object, expected: str | None) -> None:
    assert identities.written(value) == expected


@pytest.mark.parametrize(("written", "country", "expected"), PHONES)
def test_a_number_has_one_form_however_it_is_written(written: str, country: str | None, expected: str | None) -> None:
    assert identities.phone(written, country) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("905321234567", "+905321234567"),
        ("5215512345678", "+525512345678"),
        ("551187654321", "+5511987654321"),
        ("0532", None),
        ("US.13491208655302741918", None),
        ("٩٠٥٣٢١٢٣٤٥٦٧", None),
        ("1" * 16, None),
        ("", None),
    ],
)
def test_whatsapp_digits_give_the_number_that_people_write(digits: str, expected: str | None) -> None:
    assert identities.phone_of_digits(digits) == expected


EMAILS = [
    ("Ayse.Yilmaz@Example.COM", "ayse.yilmaz@example.com"),
    ("  a+tag@b.co.uk \n", "a+tag@b.co.uk"),
    ("o'brien@example.org", "o'brien@example.org"),
    ("jose\u0301@example.com", "jos\u00e9@example.com"),
    ("ayşe@örnek.com.tr", "ayşe@örnek.com.tr"),
    ("nobody", None),
    ("a@b", None),
    ("a@@b.com", None),
    ("a b@c.com", None),
    ("Ayşe <a@b.com>", None),
    ("a@b.com, c@d.com", None),
    ("a@b..com", None),
    ("a@b.com\r\nBcc: x@y.com", None),
    ("a\x00@b.com", None),
    ("", None),
    ("x" * 65 + "@b.com", None),
    ("a@" + "b." * 140 + "com", None),
]


@pytest.mark.parametrize(("written", "expected"), EMAILS)
def test_an_address_has_one_form(written: str, expected: str | None) -> None:
    assert identities.email(written) == expected


@given(st.text(max_size=80))
def test_no_text_breaks_the_normalisation_and_it_is_stable(text: str) -> None:
    for form in (identities.email(text), identities.phone(text, "TR")):
        if form is not None:
            again = identities.email(form) if "@" in form else identities.phone(form, None)
            assert again == form


def test_identities_of_loose_fields_are_normalised_and_unique() -> None:
    fields = {"phone": ["0532 123 45 67", "+905321234567"], "email": "A@B.com", "whatsapp": "US.123", "name": "x"}
    assert identities.identities_of(fields, "TR") == ("phone#+905321234567", "email#a@b.com", "whatsapp#US.123")
    assert identities.identities_of({"phone": None, "email": {"x": 1}, "whatsapp": True}, "TR") == ()
    assert identities.identities_of({"phone": 905321234567}, "TR") == ("phone#+905321234567",)
    assert identities.identities_of({"phone": 5321234567.0, "whatsapp": "\ud800"}, "TR") == ("phone#+905321234567",)


NO_KEYS = [
    ("Phone", "+90"),
    ("", "x"),
    ("email", ""),
    ("email", "x" * 600),
    ("crm", "\U0001f600" * 500),
    ("crm", "\ud800"),
]


@pytest.mark.parametrize(("kind", "value"), NO_KEYS, ids=map(str, range(len(NO_KEYS))))
def test_an_identity_that_cannot_be_a_key_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Invalid):
        identities.identity(kind, value)


def test_the_library_of_numbers_is_only_imported_when_a_number_is_read() -> None:
    code = "import sys, whenthen.domain.events.identities as i; i.phone_of_digits('905321234567'); i.email('a@b.co'); "
    code += "sys.exit('phonenumbers' in sys.modules)"
    layer = Path(identities.__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=layer)  # noqa: S603 - our own code
