"""Bodies are read by their content type, under every scheme, as programs and browsers really send them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from whenthen.domain.common.errors import Malformed, Unauthenticated, WhenthenError
from whenthen.sources.parsing.forms import read_form
from whenthen.sources.parsing.json_body import read_json
from whenthen.sources.signing import signatures
from whenthen.sources.signing.signatures import parse_scheme, sign
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
SIGNING = ["standard_webhooks", "stripe", "github", "hmac_sha256", "bearer"]
BODY = {"kind": "çiçek", "email": "ali@example.com"}


def delivered(scheme: str, raw: bytes, content_type: str, **settings: Any) -> Any:
    """The data of the event that a signed delivery becomes, when all of its body is taken."""
    mapping = {"type": "order.placed", "data": "body"}
    source = parse_source({"name": "shop", "scheme": scheme, "mappings": [mapping], **settings})
    headers = {"content-type": content_type, **sign(source.scheme, SECRET, raw, NOW, "d1")}
    signatures.verify(source.scheme, [SECRET], headers, raw, NOW)
    (item,) = map_delivery(Delivery(source, headers, raw, "d1", NOW)).items
    return item.draft.data


@pytest.mark.parametrize("scheme", SIGNING)
@pytest.mark.parametrize(
    ("raw", "content_type", "data"),
    [
        (json.dumps(BODY).encode(), "application/json", BODY),
        (json.dumps(BODY).encode(), "", BODY),
        (json.dumps(BODY).encode(), URLENCODED, BODY),
        ("\ufeff".encode() + json.dumps(BODY).encode(), "application/json", BODY),
        ("\ufeff".encode() + json.dumps(BODY).encode(), URLENCODED, BODY),
        (urlencode({"payload": json.dumps(BODY)}).encode(), URLENCODED, BODY),
        (urlencode(BODY).encode(), URLENCODED, {"fields": BODY}),
        (urlencode({"payload": "text"}).encode(), URLENCODED, {"fields": {"payload": "text"}}),
        (
            urlencode({"payload": "{}", "more": "1"}).encode(),
            URLENCODED,
            {"fields": {"payload": "{}", "more": "1"}},
        ),
    ],
    ids=range(9),
)
def test_a_program_may_post_json_or_a_form_under_any_scheme(
    scheme: str, raw: bytes, content_type: str, data: Any
) -> None:
    assert delivered(scheme, raw, content_type) == data


def test_a_programs_form_is_identified_by_its_delivery_and_not_by_the_day() -> None:
    source = parse_source({"name": "shop", "scheme": "bearer", "mappings": [{"type": "a.b"}]})
    headers = {"content-type": URLENCODED}
    first, again, other = (
        map_delivery(Delivery(source, headers, b"a=1", each, NOW)).items[0].draft.id for each in ("1", "1", "2")
    )
    assert first == again != other


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_behind_a_byte_order_mark_is_read(encoding: str) -> None:
    assert read_json(json.dumps(BODY, ensure_ascii=False).encode(encoding)) == BODY


@pytest.mark.parametrize("raw", ["\ufeff\ufeff{}".encode(), b"\xff\xfe{", b"\xff\xfe\x00\xd8", "\ufeff".encode()])
def test_a_mark_makes_no_json_of_what_is_none(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_json(raw)


# --- proofs


def renamed(headers: dict[str, str], names: str) -> dict[str, str]:
    return {name.replace("webhook-", names): value for name, value in headers.items()}


@pytest.mark.parametrize("names", ["webhook-", "svix-"])
def test_standard_webhooks_come_under_both_names_of_their_headers(names: str) -> None:
    scheme = parse_scheme("standard_webhooks")
    headers = renamed(sign(scheme, SECRET, b"{}", NOW, "msg_1"), names)
    assert signatures.verify(scheme, [SECRET], headers, b"{}", NOW).delivery_id == "msg_1"
    for name, value in headers.items():
        with pytest.raises(Unauthenticated):
            signatures.verify(scheme, [SECRET], headers | {name: f"{value}x"}, b"{}", NOW)
        with pytest.raises(Unauthenticated):
            signatures.verify(scheme, [SECRET], {n: v for n, v in headers.items() if n != name}, b"{}", NOW)


def test_headers_of_both_names_are_not_mixed() -> None:
    scheme = parse_scheme("standard_webhooks")
    signed = sign(scheme, SECRET, b"{}", NOW, "msg_1")
    mixed = signed | {"svix-id": "msg_2", "svix-timestamp": signed["webhook-timestamp"], "svix-signature": "v1,x"}
    assert signatures.verify(scheme, [SECRET], mixed, b"{}", NOW).delivery_id == "msg_1"
    forged = {**renamed(signed, "svix-"), "webhook-signature": "v1,x", "webhook-id": "1", "webhook-timestamp": "1"}
    with pytest.raises(Unauthenticated):
        signatures.verify(scheme, [SECRET], forged, b"{}", NOW)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/x+json"])
def test_a_forms_token_is_found_in_json_too(content_type: str) -> None:
    scheme, headers = parse_scheme("form_token"), {"content-type": content_type}
    signatures.verify(scheme, ["correct-horse"], headers, b'{"token": "correct-horse"}', NOW)
    for raw in (b'{"token": ["other"]}', b'{"token": 1}', b"[]", b'{"fields": {"token": "correct-horse"}}', b"\xff"):
        with pytest.raises(Unauthenticated):
            signatures.verify(scheme, ["correct-horse"], headers, raw, NOW)


# --- forms


def posted(raw: bytes, content_type: str, **settings: Any) -> Any:
    source = parse_source({"name": "site", "scheme": "dangerous_open_form", **settings})
    (item,) = map_delivery(Delivery(source, {"content-type": content_type}, raw, None, NOW, "TR")).items
    return item.draft


@pytest.mark.parametrize(
    "fields",
    [
        {"Email": "ali@example.com", "Phone": "0532 123 45 67"},
        {"E-Mail": "ali@example.com", "Phone Number": "0532 123 45 67"},
        {"e-posta": "ali@example.com", "Cep Telefonu": "0532 123 45 67"},
        {"E-POSTA ADRESİ": "ali@example.com", "TELEFON NUMARASI": "0532 123 45 67"},
        {"E-mail cím": "ali@example.com", "Telefonszám": "0532 123 45 67"},
        {"Alamat Email": "ali@example.com", "No. HP": "0532 123 45 67"},
        {"surel": "ali@example.com", "nomor_telepon": "0532 123 45 67"},
        {'דוא"ל': "ali@example.com", "טלפון נייד": "0532 123 45 67"},
        {"your-email": "ali@example.com", "your-phone": "0532 123 45 67"},
        {"form_fields[email]": "ali@example.com", "form_fields[phone]": "0532 123 45 67"},
        {"email": "", "mail": "ali@example.com", "phone": " ", "tel": "0532 123 45 67"},
    ],
    ids=range(11),
)
def test_the_fields_of_a_form_are_known_by_their_names_in_our_languages(fields: dict[str, str]) -> None:
    expected = ("phone#+905321234567", "email#ali@example.com")
    assert posted(urlencode(fields).encode(), URLENCODED).identities == expected
    assert posted(json.dumps(fields).encode(), "application/json").identities == expected


def test_other_fields_are_no_addresses() -> None:
    fields = {"message": "a@b.co", "emailing": "a@b.co", "phonebook": "0532 123 45 67"}
    assert posted(urlencode(fields).encode(), URLENCODED).identities == ()


@pytest.mark.parametrize(
    "raw",
    [
        "ad=Çiçek".encode(),
        b"ad=%C3%87i%C3%A7ek",
        b"ad=%C7i%E7ek&_charset_=windows-1254",
        b"_charset_=ISO-8859-9&ad=%C7i%E7ek",
        b"_charset_=iso-8859-9&ad=\xc7i\xe7ek",
    ],
)
def test_a_urlencoded_form_is_read_in_the_encoding_that_it_names(raw: bytes) -> None:
    assert read_form(raw, URLENCODED).fields == {"ad": "Çiçek"}


@pytest.mark.parametrize("raw", [b"a=1&_charset_=punycode", b"a=%FF&_charset_=utf-8", b"a=\xff"])
def test_an_encoding_that_does_not_fit_is_refused(raw: bytes) -> None:
    with pytest.raises(WhenthenError):
        read_form(raw, URLENCODED)


def parts(*written: tuple[str, bytes]) -> bytes:
    begin = "--b\r\nContent-Disposition: form-data; "
    return b"".join(f"{begin}{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in written) + b"--b--\r\n"


def test_a_multipart_form_is_read_in_the_encoding_that_it_names() -> None:
    raw = parts(('name="ad"', b"\xc7i\xe7ek"), ('name="_charset_"', b"windows-1254"))
    assert read_form(raw, MULTIPART).fields == {"ad": "Çiçek"}
    head = 'name="ad"\r\nContent-Type: text/plain; charset=utf-8'
    own = parts((head, "Çiçek".encode()), ('name="_charset_"', b"cp1254"))
    assert read_form(own, MULTIPART).fields == {"ad": "Çiçek"}


def test_an_input_without_a_file_is_no_file() -> None:
    form = read_form(
        parts(('name="cv"; filename=""\r\nContent-Type: application/octet-stream', b""), ('name="a"', b"1")), MULTIPART
    )
    assert (form.fields, form.files) == ({"a": "1"}, ())
    kept = read_form(parts(('name="a"; filename=""', b"x"), ('name="b"; filename="b.txt"', b"")), MULTIPART)
    assert [(file.field, file.name, file.content) for file in kept.files] == [("a", "", b"x"), ("b", "b.txt", b"")]


def test_a_form_that_a_script_posts_as_json_keeps_its_values_and_its_honeypot() -> None:
    draft = posted(json.dumps({"email": "a@b.co", "tags": ["x"], "n": 1}).encode(), "application/json")
    assert draft.data["fields"] == {"email": "a@b.co", "tags": ["x"], "n": 1}
    source = parse_source({"name": "site", "scheme": "dangerous_open_form", "form": {"honeypot": "website"}})
    headers = {"content-type": "application/json"}
    assert map_delivery(Delivery(source, headers, b'{"website": "spam"}', None, NOW)).items == ()
    with pytest.raises(Malformed):
        map_delivery(Delivery(source, headers, b'["website"]', None, NOW))


# --- times


TIMES = [
    (1773480600000, "2026-03-14T09:30:00Z"),
    ("1773480600000", "2026-03-14T09:30:00Z"),
    (" 1773480600000 ", "2026-03-14T09:30:00Z"),
    ("1773480600000.5", "2026-03-14T09:30:00.000500Z"),
    ("1773480600", "2026-03-14T09:30:00Z"),
    ("2026-03-14t09:30:00z", "2026-03-14T09:30:00Z"),
    ("2026-03-14t12:30:00+03:00", "2026-03-14T09:30:00Z"),
    ("2026-03-14 09:30:00z", "2026-03-14T09:30:00Z"),
]


@pytest.mark.parametrize(("written", "expected"), TIMES)
def test_times_are_read_in_milliseconds_as_text_and_in_small_letters(written: Any, expected: str) -> None:
    source = parse_source({"name": "shop", "scheme": "bearer", "mappings": [{"type": "a.b", "time": "body.at"}]})
    mapped = map_delivery(Delivery(source, {}, json.dumps({"at": written}).encode(), "1", NOW))
    assert (mapped.items[0].draft.time, mapped.problems) == (datetime.fromisoformat(expected), ())


@pytest.mark.parametrize("written", ["99999999999999999", "17734806000000x", "2026-03-14t09:30:00", "-1773480600000"])
def test_other_texts_are_no_times(written: str) -> None:
    source = parse_source({"name": "shop", "scheme": "bearer", "mappings": [{"type": "a.b", "time": "body.at"}]})
    mapped = map_delivery(Delivery(source, {}, json.dumps({"at": written}).encode(), "1", NOW))
    assert mapped.items[0].draft.time == NOW
    assert len(mapped.problems) == 1


def test_the_names_of_fields_are_one_expression_for_admins_too() -> None:
    mapping = {"type": "a.b", "data": "{who: named(body.fields, 'email'), city: named(body.fields, 'Şehir')}"}
    raw = f"E-Posta=a%40b.co&sehir=x&{quote('ŞEHİR')}=Bursa".encode()
    assert posted(raw, URLENCODED, mappings=[mapping]).data == {"who": "a@b.co", "city": "Bursa"}
