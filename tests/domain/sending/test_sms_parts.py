"""Count the parts of an SMS: the alphabets, the bounds of each, and what no network splits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.sending.sms_parts import BASIC, EXTENSION, Encoding, SmsParts, sms_parts

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2


def test_the_alphabet_has_127_characters_and_ten_with_an_escape() -> None:
    assert (len(BASIC), len(EXTENSION), BASIC & EXTENSION) == (127, 10, frozenset())


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "units"),
    [
        ("", GSM, 0, 0),
        ("a", GSM, 1, 1),
        ("a" * 160, GSM, 1, 160),
        ("a" * 161, GSM, 2, 161),
        ("a" * 306, GSM, 2, 306),
        ("a" * 307, GSM, 3, 307),
        ("€" * 80, GSM, 1, 160),
        ("€" * 81, GSM, 2, 162),
        # 152 units and an escape: the euro begins the second part, which then holds 153
        ("a" * 152 + "€" + "a" * 151, GSM, 2, 305),
        ("a" * 152 + "€" + "a" * 152, GSM, 3, 306),
        ("ş" * 70, UCS, 1, 70),
        ("ş" * 71, UCS, 2, 71),
        ("ş" * 134, UCS, 2, 134),
        ("ş" * 135, UCS, 3, 135),
        ("😀" * 35, UCS, 1, 70),
        ("😀" * 36, UCS, 2, 72),
        # 33 pairs fill 66 of 67 units: the next pair is not split
        ("😀" * 66, UCS, 2, 132),
        ("😀" * 67, UCS, 3, 134),
        ("a" * 66 + "😀" + "a" * 66, UCS, 3, 134),
        # an escape counts as one unit where the text is UCS-2 anyway
        ("€" * 69 + "ş", UCS, 1, 70),
    ],
)
def test_a_text_has_so_many_parts(text: str, encoding: Encoding, parts: int, units: int) -> None:
    found = sms_parts(text)
    assert (found.encoding, found.parts, found.units) == (encoding, parts, units)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("ÇöÖüÜ éÉ àòùì ß Ñ Å", ()),
        ("İyi günler, çok teşekkürler", ("İ", "ç", "ş")),
        ("Ön görüşme ₺100", ("ş", "₺")),
        ("Árvíztűrő", ("Á", "í", "ű", "ő")),
        ("שלום", ("ש", "ל", "ו", "ם")),
        ("“quoted” – it’s…", ("“", "”", "–", "’", "…")),
        ("tab\tand `tick` and a\u00a0space", ("\t", "`", "\u00a0")),
        ("".join(map(chr, range(0x4E00, 0x4E20))), tuple(map(chr, range(0x4E00, 0x4E0A)))),
    ],
)
def test_the_characters_that_force_ucs_2_are_named(text: str, foreign: tuple[str, ...]) -> None:
    found = sms_parts(text)
    assert found.foreign == foreign
    assert found.encoding is (UCS if foreign else GSM)


@given(st.text(alphabet=st.one_of(st.sampled_from(sorted(BASIC | EXTENSION)), st.characters()), max_size=900))
def test_the_parts_hold_all_units_and_no_part_is_missing(text: str) -> None:
    found: SmsParts = sms_parts(text)
    one, each = (160, 153) if found.encoding is GSM else (70, 67)
    if found.units <= one:
        assert found.parts == (1 if text else 0)
    else:  # each part but the last wastes at most one unit
        assert found.parts * each >= found.units > (found.parts - 1) * (each - 1)


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_longer_text_never_has_fewer_parts(text: str, more: str) -> None:
    assert sms_parts(text).parts <= sms_parts(text + more).parts
