"""Addresses as the field writes them: floats of spreadsheets, invisible marks, letters, case, IDNA, changed plans."""

from __future__ import annotations

import unicodedata

import pytest

from whenthen.domain.events import identities
from whenthen.domain.events.mail_addresses import deliverable, domain

FLOATS = [
    ("81234567890.0", "ID", "+6281234567890"),
    ("5321234567.00", "TR", "+905321234567"),
    ("5321234567,0", "TR", "+905321234567"),
    ("+905321234567.0", None, "+905321234567"),
    ("8.1234567890E+10", "ID", "+6281234567890"),
    ("5.321234567E9", "TR", "+905321234567"),
    ("5,321,234,567.00", "TR", "+905321234567"),
    ("5.321.234.567,00", "TR", "+905321234567"),
    ("8.12346E+10", "ID", None),
    ("5.32E+09", "TR", None),
    ("5321234567.5", "TR", None),
]
MARKED = [
    ("\u202a0090 532 123 45 67\u202c", "TR", "+905321234567"),
    ("\u2066+90 532 123 45 67\u2069", None, "+905321234567"),
    ("+90\u00ad532\u200b123\ufeff45\u206067", None, "+905321234567"),
    ("0532\u202f123\u200945\u00a067", "TR", "+905321234567"),
    ("\u200f050-123-4567\u200e", "IL", "+972501234567"),
    ("０５３２ １２３ ４５ ６７", "TR", "+905321234567"),
]
LETTERED = [
    ("0532 123 45 67 Ali", "TR", "+905321234567"),
    ("0532 123 45 67Ali", "TR", "+905321234567"),
    ("Tel: 0532 123 45 67 (ev)", "TR", "+905321234567"),
    ("whatsapp:+905321234567", None, "+905321234567"),
    ("tel:+90-532-123-45-67;ext=5", None, "+905321234567"),
    ("0212 123 45 67 dahili 12", "TR", "+902121234567"),
    ("+44 20 7946 0958 x 12", None, "+442079460958"),
    ("0532 12E 45 67", "TR", None),
    ("0812-3456-789O", "ID", None),
    ("0812 345 678 A 90", "ID", None),
    ("1-800-FLOWERS", "US", None),
    ("Ali", "TR", None),
]


@pytest.mark.parametrize(("written", "country", "expected"), [*FLOATS, *MARKED, *LETTERED])
def test_a_number_is_read_through_floats_marks_and_words(written: str, country: str, expected: str | None) -> None:
    assert identities.phone(written, country) == expected


TWINS = [
    # as people write it        as WhatsApp does
    ("+54 11 2345-6789", "5491123456789"),
    ("+54 9 351 234-5678", "543512345678"),
    ("+52 55 1234 5678", "5215512345678"),
    ("+55 11 98765-4321", "551187654321"),
    ("+229 97 12 34 56", "2290197123456"),
    ("+225 07 12 34 56", "2250707123456"),
    ("+225 45 12 34 56", "2250545123456"),
    ("+225 01 12 34 56", "2250101123456"),
    ("+241 07 12 34 56", "24177123456"),
    ("+241 6 12 34 56", "24166123456"),
    ("+84 162 123 4567", "84321234567"),
    ("+84 199 123 4567", "84591234567"),
]


@pytest.mark.parametrize(("written", "digits"), TWINS)
def test_both_writings_of_one_line_are_one_number(written: str, digits: str) -> None:
    number = identities.phone(written, None)
    assert number is not None
    assert number == identities.phone_of_digits(digits) == identities.phone(number, None)


@pytest.mark.parametrize(
    "number",
    ["+541143211234", "+525512345678", "+551137654321", "+2252721234567", "+2252521234567", "+842438256789"],
)
def test_land_lines_and_new_writings_stay_as_they_are(number: str) -> None:
    assert identities.phone_of_digits(number[1:]) == number


def test_a_mobile_number_of_argentina_is_one_at_home_and_abroad() -> None:
    written = ["+54 9 11 2345-6789", "011 15-2345-6789", "11 2345-6789", "+54 11 15 2345-6789"]
    assert {identities.phone(text, "AR") for text in written} == {"+541123456789"}


ADDRESSES = [
    ("ALİ@EXAMPLE.COM", "ali@example.com"),
    ("ALI@GMAİL.COM", "ali@gmail.com"),
    ("ali@gmai\u0307l.com", "ali@gmail.com"),
    ("IŞIK@example.com", "işik@example.com"),
    ("ışık@example.com", "işik@example.com"),
    ("ÁRVÍZ@Example.hu", "árvíz@example.hu"),
    ("ali@çiçek.example", "ali@çiçek.example"),
    ("ali@xn--iek-1lab.example", "ali@çiçek.example"),
    ("ALI@XN--IEK-1LAB.EXAMPLE", "ali@çiçek.example"),
    ("ali@ÇİÇEK.example", "ali@çiçek.example"),
    ("a@faß.de", "a@faß.de"),
    ("a@xn--fa-hia.de", "a@faß.de"),
    ("a@נסיון.co.il", "a@נסיון.co.il"),
    ("ali\u200b@exam\u200bple.com", "ali@example.com"),
    ("\u202aali@example.com\u202c", "ali@example.com"),
    ("ali＠example。com", "ali@example.com"),
    ("x@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com", "x@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com"),
    ("a@a_b.com", "a@a_b.com"),
    ("a@xn--.com", "a@xn--.com"),
]


@pytest.mark.parametrize(("written", "expected"), ADDRESSES)
def test_an_address_has_one_form_in_every_case_script_and_encoding(written: str, expected: str) -> None:
    assert identities.email(written) == expected
    assert identities.email(expected) == expected
    assert identities.email(unicodedata.normalize("NFD", written)) == expected


@pytest.mark.parametrize(("name", "other"), [("xn--gmail-cxc.com", "gmail.com"), ("ışık.com.tr", "işik.com.tr")])
def test_two_domains_stay_two(name: str, other: str) -> None:
    assert domain(name) != domain(other)
    assert identities.email(f"a@{name}") != identities.email(f"a@{other}")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ali@çiçek.example", "ali@xn--iek-1lab.example"),
        ("ali@example.com", "ali@example.com"),
        ("ali@i❤.ws", "ali@i❤.ws"),
    ],
)
def test_mail_servers_are_given_the_punycode(address: str, expected: str) -> None:
    assert deliverable(address) == expected


IDENTITIES = [
    ("email#ALİ@EXAMPLE.COM", "email#ali@example.com"),
    ("phone#+54 9 11 2345-6789", "phone#+541123456789"),
    ("phone#0532", None),
    ("crm#A 7", "crm#A 7"),
    ("nothing", None),
    ("crm#\ud800", None),
]


@pytest.mark.parametrize(("written", "expected"), IDENTITIES, ids=[str(place) for place in range(len(IDENTITIES))])
def test_identities_of_other_applications_take_our_form(written: str, expected: str | None) -> None:
    assert identities.normalised_identity(written) == expected
