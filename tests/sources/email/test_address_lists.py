"""Lists of people in mail headers: names that forgot their quotes, and nobody who costs another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.growth import LINEAR, growth
from whenthen.sources.email.address_lists import named_in
from whenthen.sources.email.headers import Person, people_of

PEOPLE = [
    ("ayse@example.com", [("ayse@example.com", None)]),
    ("Ayşe Yılmaz <ayse@example.com>", [("ayse@example.com", "Ayşe Yılmaz")]),
    ("ayse@example.com (Ayşe)", [("ayse@example.com", "Ayşe")]),
    ("Ayşe (Satış) <ayse@example.com>", [("ayse@example.com", "Ayşe (Satış)")]),
    ("<ayse@example.com> (Ayşe)", [("ayse@example.com", "Ayşe")]),
    ('"Yılmaz, Ayşe" <ayse@example.com>, can@example.com', [("ayse@example.com", "Yılmaz, Ayşe"),
                                                          ("can@example.com", None)]),
    (r'"Ayşe \"Ay\" Yılmaz" <ayse@example.com>', [("ayse@example.com", 'Ayşe "Ay" Yılmaz')]),
    ('Ayşe "Ay" Yılmaz <ayse@example.com>', [("ayse@example.com", "Ayşe Ay Yılmaz")]),
    ("team: a@b.com, c@d.com;, e@f.com", [("a@b.com", None), ("c@d.com", None), ("e@f.com", None)]),
    ("undisclosed-recipients:;", []),
    ("<@relay.example,@other.example:ayse@example.com>", [("ayse@example.com", None)]),
    ("ayse @ example.com", [("ayse@example.com", None)]),
    ("a@b.com, ,, c@d.com,", [("a@b.com", None), ("c@d.com", None)]),
    ("<>", []),
    ("", []),
]  # fmt: skip

CARELESS = [
    ("ayse@example.com <ayse@example.com>", [("ayse@example.com", "ayse@example.com")]),
    ("Destek @ Acme <ayse@example.com>", [("ayse@example.com", "Destek @ Acme")]),
    ("Yılmaz, Ayşe <ayse@example.com>", [("ayse@example.com", "Ayşe")]),
    ("O'Neil; Can <can@example.com>", [("can@example.com", "Can")]),
    ("Acme [TR] <ayse@example.com>", [("ayse@example.com", "Acme [TR]")]),
    ("Acme: Destek <ayse@example.com>", [("ayse@example.com", "Destek")]),
    ("I <3 you <ayse@example.com>", [("ayse@example.com", "I <3 you")]),
    ("Ayşe ayse@example.com", [("ayse@example.com", "Ayşe")]),
    ("Ayşe <ayse@example.com", [("ayse@example.com", "Ayşe")]),
    ("Ayşe <ayse@example.com, can@example.com", [("ayse@example.com", "Ayşe"), ("can@example.com", None)]),
    ("Ayşe (Satış <ayse@example.com>, can@example.com", [("ayse@example.com", "Ayşe (Satış"),
                                                         ("can@example.com", None)]),
    ("Ayşe) <ayse@example.com>", [("ayse@example.com", "Ayşe)")]),
    ('"Ayşe <ayse@example.com>, can@example.com', [("ayse@example.com", "Ayşe"), ("can@example.com", None)]),
    ('"Ayşe <ayse@example.com>, "Demir, Can" <can@example.com>', [("ayse@example.com", "Ayşe"),
                                                                 ("can@example.com", "Demir, Can")]),
    ("<mailto:ayse@example.com>", [("ayse@example.com", None)]),
    ("Ayşe <ayse@example.com> Can <can@example.com>", [("ayse@example.com", "Ayşe"), ("can@example.com", "Can")]),
    ("a@b.com c@d.com", [("a@b.com", None), ("c@d.com", None)]),
]  # fmt: skip
"""Written without the quotes, brackets or commas that the standard asks for."""


@pytest.mark.parametrize(("written", "people"), [*PEOPLE, *CARELESS], ids=lambda value: str(value)[:60])
def test_a_list_names_its_people(written: str, people: list[tuple[str, str | None]]) -> None:
    found = people_of([("to", written)], "to")
    assert [(person.address, person.name) for person in found] == people


@pytest.mark.parametrize("name", ["from", "to", "cc"])
@pytest.mark.parametrize("bad", [written for written, _ in CARELESS if not written.endswith("can@example.com")])
def test_a_careless_name_costs_no_other_person_of_the_header(name: str, bad: str) -> None:
    """Python 3.13's own reader gives nobody at all for each of these."""
    written = f"Elif <elif@example.com>, {bad}"
    assert people_of([(name, written)], name)[0] == Person("elif@example.com", "Elif")
    assert people_of([(name, bad), (name, "zeki@example.com")], name)[-1] == Person("zeki@example.com", None)


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ('"victim@bank.example, " <thief@evil.example>', ["thief@evil.example"]),
        ("victim@bank.example <thief@evil.example>", ["thief@evil.example"]),
        ("(victim@bank.example, ) thief@evil.example", ["thief@evil.example"]),
        ("<thief@evil.example>victim@bank.example", ["thief@evil.example"]),
        ("thief@evil.example)victim@bank.example", []),
        ('"thief"@evil.example', []),
    ],
)
def test_what_stands_beside_an_address_is_no_address(written: str, addresses: list[str]) -> None:
    assert [person.address for person in people_of([("from", written)], "from")] == addresses


PIECES = ['"', "\\", "(", ")", "<", ">", "@", ",", ";", ":", " ", "a", "a@b.com", "<a@b.com>", '"a" ', '"a"b', '\\"']


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=100))
def test_no_list_makes_it_fail_and_no_address_is_made_up(written: str) -> None:
    squeezed = "".join(written.split())
    for _, address in named_in(written):
        assert all("".join(part.split()) in squeezed for part in address.split("@"))


@given(st.lists(st.sampled_from(PIECES[1:]), max_size=12).map("".join))
def test_what_follows_a_comma_outside_of_brackets_is_read_by_itself(written: str) -> None:
    """Parentheses may hide a comma, and quotes: without either, the last person is there whatever came before."""
    if not {"(", ")", '"', "\\"} & set(written):
        assert named_in(f"{written}, Zeki <zeki@example.com>")[-1] == ("Zeki", "zeki@example.com")


@pytest.mark.parametrize("piece", [*PIECES, "<@,", "<a@", '"\\"', '"\\"a"b', "((a)", ": "])
def test_no_list_costs_more_than_its_length(piece: str) -> None:
    assert growth(lambda size: named_in(piece * (size // len(piece))), 20_000) < LINEAR
