"""HTML forms as browsers post them, and as others do."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.growth import LINEAR, growth
from tests.sources.samples import sample
from tests.sources.webhook.events import events_of
from whenthen.domain.common.errors import Malformed, Problem, TooLarge, WhenthenError
from whenthen.sources.parsing.forms import TOO_MANY_FIELDS, Form, read_form
from whenthen.sources.signing import signatures
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.mapping_result import MappingResult
from whenthen.sources.webhook.reason_codes import HONEYPOT

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
URLENCODED = "application/x-www-form-urlencoded"
OF_PARTS = "multipart/form-data; boundary=b"
BOUNDARY = "----whenthenFormBoundary7MA4YWxkTrZu0gW"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def part(headers: str, content: bytes, boundary: str = "b") -> bytes:
    return f"--{boundary}\r\n{headers}\r\n\r\n".encode() + content + b"\r\n"


def read(*parts: bytes) -> Form:
    return read_form(b"".join(parts) + b"--b--\r\n", "multipart/form-data; boundary=b")


def test_a_urlencoded_form_gives_its_fields_and_repeated_ones_as_a_list() -> None:
    form = read_form(sample("forms/contact.urlencoded"), URLENCODED)
    assert form.fields["full_name"] == "Ayşe Yılmaz"
    assert form.fields["interests"] == ["table", "chairs"]
    assert form.fields["website"] == ""
    assert (form.text("interests"), form.text("none")) == ("table", "")


def test_a_multipart_form_gives_its_fields_and_files() -> None:
    form = read_form(sample("forms/application.multipart"), MULTIPART)
    assert form.fields["full_name"] == "Mehmet Demir"
    (file,) = form.files
    assert (file.field, file.name, file.type) == ("cv", 'özgeçmiş "son".txt', "text/plain")
    assert file.content == b"Ten years of chairs.\r\n"


def test_any_bytes_of_a_file_come_through_unchanged() -> None:
    content = bytes(range(256)) * 4 + b"\r\n--not the boundary\r\n\n\r"
    form = read(part('Content-Disposition: form-data; name="f"; filename="x.bin"', content))
    assert (form.files[0].content, form.files[0].type) == (content, "application/octet-stream")


def test_the_ways_of_writing_a_multipart_form() -> None:
    form = read_form(
        b"preamble\r\n--b \r\ncontent-disposition:form-data;NAME=plain\r\n\r\n1\r\n"
        b'--b\r\nContent-Type: text/plain; charset="iso-8859-9"\r\nContent-Disposition: form-data; '
        b'name="a \\"b\\""\r\n\r\n'
        b"\xfe\r\n--b--\r\nepilogue",
        'Multipart/Form-Data; charset=utf-8; Boundary="b"',
    )
    assert form.fields == {"plain": "1", 'a "b"': "ş"}


def test_a_form_in_another_encoding_is_read_in_it() -> None:
    assert read_form(b"ad=%DEule", f"{URLENCODED}; charset=windows-1254").fields == {"ad": "Şule"}


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{}", "text/plain", "content_type"),
        (b"[]", "application/json", "no_object"),
        (b"a=1", "", "content_type"),
        (b"a=%FF", URLENCODED, "wrong_encoding"),
        (b"a=\xff", URLENCODED, "wrong_encoding"),
        (b"a=1", f"{URLENCODED}; charset=punycode", "unknown_encoding"),
        (b"a=1", "multipart/form-data", "no_boundary"),
        (b"", OF_PARTS, "unterminated"),
        (b"--b\r\n", OF_PARTS, "unterminated"),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n', OF_PARTS, "unterminated"),
        (b"--b\r\n\r\n1\r\n--b--", OF_PARTS, "part_without_headers"),
        (b"--b\r\nX: y\r\n\r\n1\r\n--b--", OF_PARTS, "part_without_name"),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--', OF_PARTS, "wrong_encoding"),
        (b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--b--', OF_PARTS, "wrong_encoding"),
    ],
)
def test_a_body_that_is_no_form_is_malformed(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_form(body, content_type)
    assert refused.value.reason.code == f"form.{code}"


def test_a_form_with_too_many_fields_is_refused() -> None:
    with pytest.raises(TooLarge) as refused:
        read_form(b"&".join(b"a=1" for _ in range(201)), URLENCODED)
    assert refused.value.reason == TOO_MANY_FIELDS(count=200)
    with pytest.raises(TooLarge):
        read(*(part('Content-Disposition: form-data; name="a"', b"1") for _ in range(201)))
    assert len(read(*(part('Content-Disposition: form-data; name="a"', b"1") for _ in range(200))).fields["a"]) == 200


@pytest.mark.parametrize("filler", [b"\r\n--", b"\r\n--b", b"--b\r\n", b"\r\n\r\n", b'name="', b"\\", b";name=", b"%0"])
def test_no_body_costs_more_than_its_length(filler: bytes) -> None:
    def read_both(size: int) -> None:
        body = b"--b\r\nContent-Disposition: form-data; " + filler * (size // len(filler)) + b"\r\n--b--"
        for content_type in ("multipart/form-data; boundary=b", URLENCODED):
            with contextlib.suppress(WhenthenError):
                read_form(body, content_type)

    assert growth(read_both, 800_000) < LINEAR


@given(st.binary(max_size=300), st.sampled_from([URLENCODED, "multipart/form-data; boundary=b", "multipart/form-data"]))
def test_no_bytes_raise_anything_but_our_errors(body: bytes, content_type: str) -> None:
    for tried in (body, b"--b\r\n" + body + b"\r\n--b--"):
        try:
            read_form(tried, content_type)
        except WhenthenError:
            continue


def submit(raw: bytes, content_type: str, at: datetime = NOW, **settings: Any) -> MappingResult:
    source = parse_source({"name": "contact", "scheme": {"kind": "form_token", "field": "token"}, **settings})
    headers = {"content-type": content_type}
    verified = signatures.verify(source.scheme, ["form-token-of-the-demo"], headers, raw, at)
    return map_delivery(Delivery(source, headers, raw, verified.delivery_id, at, "TR"))


def test_a_form_is_submitted_with_its_fields_and_the_person_is_known() -> None:
    (event,) = events_of(submit(sample("forms/contact.urlencoded"), URLENCODED, form={"honeypot": "website"}))
    assert (event.type, event.source, event.time) == ("form.submitted", "hook/contact", NOW)
    assert event.identities == ("phone#+905321234567", "email#ayse.yilmaz@example.com")
    assert event.data["form"] == "contact"
    assert event.data["fields"].keys() == {"full_name", "email", "phone", "interests", "message"}


def test_the_usual_other_names_of_fields_are_known_and_files_are_described() -> None:
    (event,) = events_of(submit(sample("forms/application.multipart"), MULTIPART))
    assert event.identities == ("phone#+905337654321", "email#mehmet@example.com")
    assert event.data["files"] == [{"field": "cv", "name": 'özgeçmiş "son".txt', "type": "text/plain", "size": 22}]


def test_what_fills_in_the_hidden_field_is_no_person() -> None:
    raw = sample("forms/contact.urlencoded").replace(b"website=", b"website=http%3A%2F%2Fspam")
    mapped = submit(raw, URLENCODED, form={"honeypot": "website"})
    assert (events_of(mapped), mapped.problems) == ((), (Problem("", HONEYPOT()),))


def test_pressing_twice_is_once_and_asking_again_another_day_is_again() -> None:
    raw = sample("forms/contact.urlencoded")
    first, twice, tomorrow = (
        events_of(submit(raw, URLENCODED, at))[0].id
        for at in (NOW, NOW + timedelta(seconds=2), NOW + timedelta(days=1))
    )
    assert first == twice != tomorrow


def multipart(boundary: str, email: str = "a@example.com", content: bytes = b"CV", token: str = "1") -> str:
    """The id of a form that a browser posts with this boundary."""
    parts = [
        part('Content-Disposition: form-data; name="email"', email.encode(), boundary),
        part('Content-Disposition: form-data; name="token"', token.encode(), boundary),
        part('Content-Disposition: form-data; name="cv"; filename="cv.txt"', content, boundary),
    ]
    raw = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return id_of(raw, f"multipart/form-data; boundary={boundary}")


def id_of(raw: bytes, content_type: str = URLENCODED) -> str:
    """The id that a posted form's event has."""
    return events_of(submit(raw, content_type, scheme="dangerous_open_form"))[0].id


def test_the_same_form_with_another_boundary_is_the_same() -> None:
    assert multipart("A1") == multipart("B2") == multipart("C3", token="2")
    assert len({multipart("A1"), multipart("A1", email="b@example.com"), multipart("A1", content=b"VC")}) == 3


def test_fields_in_another_order_are_the_same_form_and_repeated_ones_are_not() -> None:
    known = [id_of(raw) for raw in (b"a=1&b=2", b"b=2&a=1", b"a=1&b=2&b=2", b"a=1&b=")]
    assert known[0] == known[1]
    assert len(set(known)) == 3


def test_a_form_can_be_mapped_like_any_other_body() -> None:
    mapping = {
        "type": "quote.requested",
        "data": "{wish: body.fields.message}",
        "record": {"kind": "lead", "fields": "body.fields.{full_name: full_name, phone: phone, email: email}"},
    }
    mapped = submit(sample("forms/contact.urlencoded"), URLENCODED, mappings=[mapping])
    assert events_of(mapped)[0].type == "quote.requested"
    assert mapped.records[0].fields["phone"] == "+905321234567"
