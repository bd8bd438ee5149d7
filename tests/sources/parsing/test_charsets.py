"""Character sets: labels that stand for their wider set, in bodies, headers and forms alike."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.email.test_mail import eml
from whenthen.domain.common.errors import Malformed
from whenthen.sources.email.headers import decoded
from whenthen.sources.email.mime import read_mail
from whenthen.sources.parsing.charsets import codec_of, decode_in
from whenthen.sources.parsing.forms import read_form

WIDER = [
    # label, set in which the text was written, text
    ("iso-8859-9", "cp1254", "“Şişli’de” 20 € … – için"),
    ("ISO_8859-9:1989", "cp1254", "ğ ’"),
    ("latin5", "cp1254", "İ €"),
    ("iso-8859-1", "cp1252", "café’s “déjà vu” 5 €"),
    ("us-ascii", "cp1252", "it’s 5 €"),
    ("iso-8859-15", "cp1252", "“déjà” …"),
    ("iso-8859-2", "cp1250", "„hűtőgép” – 5 €"),
    ("iso-8859-8", "cp1255", "שָׁלוֹם – ₪5 €"),
    ("iso-8859-8-i", "cp1255", "“שלום”"),
    ("iso-8859-7", "cp1253", "“καλά” €"),
    ("iso-8859-13", "cp1257", "„ačiū“ €"),
    ("iso-8859-11", "cp874", "“ครับ” €"),
    ("tis-620", "cp874", "ครับ…"),
    ("gb2312", "gb18030", "朱镕基 €"),
    ("x-gbk", "gb18030", "镕"),
    ("shift_jis", "cp932", "①②髙"),
    ("x-sjis", "cp932", "①"),
    ("euc-kr", "cp949", "똠방각하"),
    ("ks_c_5601-1987", "cp949", "똠"),
    ("big5", "cp950", "€ 碁"),
]
IDS = [f"{row[0]}, {row[2]}" for row in WIDER]

KEPT = [
    ("iso-8859-9", "iso-8859-9", "şğıİ"),
    ("iso-8859-2", "iso-8859-2", "Šárka, Ľuboš, őű"),
    ("iso-8859-15", "iso-8859-15", "5 €, œuf"),
    ("iso-8859-7", "iso-8859-7", "Άννα"),
    ("iso-8859-8", "iso-8859-8", "שלום"),
    ("shift_jis", "shift_jis", "波〜"),
    ("us-ascii", "utf-8", "çay “”"),
    ("utf-8", "utf-8", "çay “”"),
]
"""Texts in their declared set, which the wider one would read otherwise, or not at all."""


@pytest.mark.parametrize(("label", "codec", "text"), [*WIDER, *KEPT], ids=[*IDS, *(f"{row[0]} kept" for row in KEPT)])
class TestALabelStandsForItsWiderSet:
    def test_in_the_body_of_a_mail(self, label: str, codec: str, text: str) -> None:
        mail = read_mail(eml(f"Content-Type: text/plain; charset={label}\n", text.encode(codec)))
        assert mail.text == text

    def test_in_a_header(self, label: str, codec: str, text: str) -> None:
        written = quote_from_bytes(text.encode(codec), safe="").replace("%", "=")
        assert decoded(f"=?{label}?q?{written}?=") == text

    def test_in_a_urlencoded_form(self, label: str, codec: str, text: str) -> None:
        body = f"note={quote_from_bytes(text.encode(codec))}&{quote_from_bytes(text.encode(codec))}=1".encode()
        form = read_form(body, f"application/x-www-form-urlencoded; charset={label}")
        assert form.fields == {"note": text, text: "1"}

    def test_in_a_multipart_form(self, label: str, codec: str, text: str) -> None:
        head = (
            f'--b\r\nContent-Disposition: form-data; name="note"\r\nContent-Type: text/plain; charset={label}\r\n\r\n'
        )
        form = read_form(head.encode() + text.encode(codec) + b"\r\n--b--\r\n", "multipart/form-data; boundary=b")
        assert form.fields == {"note": text}


def test_bytes_of_no_set_stay_control_characters() -> None:
    assert decode_in(b"a\x81b", "iso8859-1") == "a\x81b"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded; charset=utf-8", "application/x-www-form-urlencoded"]
)
def test_a_form_in_another_set_than_it_says_is_still_refused(kind: str) -> None:
    with pytest.raises(Malformed):
        read_form(b"note=%E7ay", kind)


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "unicode_escape", "rot13", "hex", "zip", "undefined", "utf-7", ""]
)
def test_a_codec_that_is_no_character_set_is_not_chosen(label: str) -> None:
    assert codec_of(label) is None


@given(st.binary(max_size=40), st.sampled_from([row[0] for row in WIDER]))
def test_a_text_without_control_characters_is_read_as_declared(content: bytes, label: str) -> None:
    codec = codec_of(label)
    assert codec is not None
    try:
        declared = content.decode(codec)
    except UnicodeError:
        return
    if not any("\x80" <= character <= "\x9f" for character in declared):
        assert decode_in(content, codec) == declared
