"""Redacted deliveries for an admin: enough to see what each is, and no secret."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.growth import LINEAR, growth
from whenthen.sources.redaction import redaction
from whenthen.sources.redaction.redaction import (
    LONGEST_BODY,
    LONGEST_HEADER,
    LONGEST_TEXT,
    kept_body,
    kept_headers,
    masked,
)
from whenthen.sources.webhook.mapping import Source, parse_source

JSON = parse_source({"name": "shop", "scheme": "standard_webhooks"})
FORM = parse_source(
    {
        "name": "site",
        "scheme": {"kind": "form_token", "field": "t"},
        "mappings": [
            {"type": "form.submitted", "data": "body.[fields.[name, note], files[].[field, name, type, size]]"}
        ],
    }
)
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def names_of(document: Any) -> set[str]:
    """Every name in a document."""
    below = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return {name for each in below for name in names_of(each)} | (
        set(document) if isinstance(document, dict) else set()
    )


def naming(*names: str) -> Source:
    """A source whose mapping names these fields."""
    data = " || ".join(json.dumps(name) for name in names) or "@"
    return parse_source({"name": "shop", "scheme": "standard_webhooks", "mappings": [{"type": "a.b", "data": data}]})


def kept(document: Any, source: Source | None = None) -> Any:
    """Redact a body all of whose fields a mapping names, or those that the source names."""
    found = kept_body(source or naming(*names_of(document)), {}, json.dumps(document).encode(), [SECRET])
    return json.loads(found)


UNNAMED = ["şifre", "parola", "jelszó", "kata_sandi", "סיסמה", "mot de passe", "Kennwort", "x", "status", "email"]


@pytest.mark.parametrize("name", UNNAMED)
@pytest.mark.parametrize("value", ["hunter2", 4711, 12.5, ["hunter2", {"deep": "hunter2"}], {"a": {"b": "hunter2"}}])
def test_what_no_mapping_names_is_masked_whatever_it_is_called(name: str, value: Any) -> None:
    document = {"order": {"id": "A-7", name: value}, name: value}
    found = kept(document, naming("order", "id"))
    assert found["order"]["id"] == "A-7"
    assert names_of(found) == names_of(document)
    assert not {"hunter2", "4711", "12.5"} & {str(each) for each in leaves(found)}


def leaves(document: Any) -> list[Any]:
    """Every value in a document that is no object and no list."""
    if isinstance(document, dict | list):
        below = document.values() if isinstance(document, dict) else document
        return [leaf for each in below for leaf in leaves(each)]
    return [document]


@pytest.mark.parametrize("name", ["şifre", "ŞİFRE", "parola", "jelszó", "Jelszo", "kata_sandi", "kataSandi", "סיסמה"])
def test_the_name_of_a_secret_in_our_languages_is_masked_though_a_mapping_names_it(name: str) -> None:
    assert kept({name: "hunter2"}) == {name: "***"}


def test_an_object_that_is_named_as_a_whole_is_not_named_in_its_parts() -> None:
    assert kept({"customer": {"email": "a@b.co", "pin_code": 1}}, naming("customer")) == {
        "customer": {"email": "***", "pin_code": "***"}
    }


@pytest.mark.parametrize("document", [["hunter2"], [[4711, "hunter2"]], ["hunter2", {"x": "hunter2"}]])
def test_what_has_no_name_at_all_is_masked(document: list[Any]) -> None:
    assert set(map(str, leaves(kept(document, naming("order"))))) == {"***"}


def test_truths_and_nulls_tell_nothing_and_stay() -> None:
    assert kept({"a": True, "b": None, "c": [False]}, naming("x")) == {"a": True, "b": None, "c": [False]}


def test_the_mappings_of_a_scheme_name_fields_too() -> None:
    body = {"type": "invoice.paid", "data": {"phone": "+90532", "note": "x"}, "password": "y"}
    expected = {"type": "invoice.paid", "data": {"phone": "+90532", "note": "***"}, "password": "***"}
    assert kept(body, JSON) == expected
    form = parse_source({"name": "site", "scheme": "form_token"})
    raw = urlencode({"E-Posta": "a@b.co", "your-phone": "0532", "mesaj": "x", "token": "t"}).encode()
    found = json.loads(kept_body(form, {"content-type": "application/x-www-form-urlencoded"}, raw, []))
    assert found["fields"] == {"E-Posta": "a@b.co", "your-phone": "0532", "mesaj": "***", "token": "***"}


PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        *(
            PEM,
            PEM.partition("\n-----END")[0],
            "glpat-abcdefgh12345678",
            "xapp-1-A012345-6789",
            "AIzaSyA-1234567890ab",
        ),
        *("npm_abcdefgh12345678", "SG.abcdefgh.ijklmnop", "ASIAABCDEFGH12345678", "sk-proj-abcdefgh12345678"),
    ],
)
def test_keys_and_tokens_are_masked_in_what_a_mapping_names(secret: str) -> None:
    assert kept({"note": f"see {secret} ok"})["note"].startswith("see ***")
    assert secret[-8:] not in kept({"note": f"see {secret} ok"})["note"]


NAMES = [
    *("password", "passwd", "db_password", "pass-phrase", "secret", "clientSecret", "token", "access_token"),
    *("X-Auth-Token", "apiKey", "api_key", "API KEY", "authorization", "Authorisation", "signature", "x-hub-signature"),
    *("cookie", "set-cookie", "session_id", "jwt", "cvv", "card_number", "iban", "auth", "pin", "otp", "pwd", "key"),
    *("user[password]", "user[pin]", "card.pin", "userPin", "shop_key", "n" * 201),
]


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_under_the_name_of_a_secret_is_masked(name: str) -> None:
    assert kept({name: "x1y2"}) == {name: "***"}
    assert kept({name: 4711}) == {name: "***"}
    assert kept({"a": [{name: {"deep": ["x1y2", 5, None, True]}}]}) == {
        "a": [{name: {"deep": ["***", "***", None, True]}}]
    }


@pytest.mark.parametrize("named", ["name", "Field", "label"])
@pytest.mark.parametrize("said", ["value", "values", "Content", "answer"])
def test_what_is_named_as_a_secret_by_the_member_beside_it_is_masked(named: str, said: str) -> None:
    assert kept([{named: "db password", said: ["x1y2"], "at": "noon"}, {named: "city", said: ["Pécs"]}]) == [
        {named: "db password", said: ["***"], "at": "noon"},
        {named: "city", said: ["Pécs"]},
    ]


@pytest.mark.parametrize("name", ["order", "shipping", "status", "email", "keyword", "author", "opinion", "code"])
def test_what_tells_what_a_delivery_is_stays(name: str) -> None:
    assert kept({name: "paid"}) == {name: "paid"}


TEXTS = [
    ("Bearer abcdefgh12345", "***"),
    ("a Basic dXNlcjpwYXNz b", "a *** b"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "***"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "***"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "***"),
    ("see https://x.example/?a=1&token=abc123&b=2", "see https://x.example/?a=1&token=***&b=2"),
    ("card 4111 1111 1111 1111 ok", "card *** ok"),
    ("4111111111111111", "***"),
    ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
    ("+90 532 123 45 67", "+90 532 123 45 67"),
    ("I forgot my password, please help", "I forgot my password, please help"),
    (f"{SECRET}!", "***!"),
    (SECRET.removeprefix("whsec_"), "***"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS, ids=[row[0] for row in TEXTS])
def test_values_are_known_by_their_form(text: str, expected: str) -> None:
    assert masked(text, [SECRET]) == expected
    assert kept({"note": text}) == {"note": expected}


@pytest.mark.parametrize("number", [4242424242424242, 4242424242424242.0, 378282246310005])
def test_a_cards_number_is_masked_as_a_number_too(number: float) -> None:
    assert "***" in kept({"card": {"number": number}})["card"]["number"]


@pytest.mark.parametrize("number", [4242424242424241, 1767225600000, 12.5, -3, True, None])
def test_other_numbers_stay(number: float | bool | None) -> None:
    assert kept({"number": number}) == {"number": number}


@pytest.mark.parametrize(
    "text",
    [
        '{"user": "ayşe", "password": "hunter two", "x":',
        "{'password': 'hunter two'",
        "<login><password>hunter</password></login>",
        "<auth>hunter</auth>",
        '<wsse:Password type="a">hunter</wsse:Password>',
        "<secret><a>1</a><![CDATA[<hunter>]]></secret>",
        "&lt;password&gt;hunter&lt;/password&gt;",
        "user=a&password=hunter&b=1",
        "user[password]=hunter",
        "user%5Bpin%5D=hunter",
        "%70assword=hunter",
        "https://h/x?sig=hunter1&key=hunter2&auth=hunter3",
        "next=https%3A%2F%2Fh%2F%3Fsig%3Dhunter1%26key%3Dhunter2",
        "https://user:hunter@h/x",
        "password: hunter",
        "password: my hunter",
        "password => hunter",
        "Cookie: a=1; b=hunter",
        "Authorization: Bearer hunter",
        "Authorization: Basic hunter",
        '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter\r\n--b--',
        '{"password": "hunter',
        '{"password": "a\\"hunter"}',
        '{"password": ["hunter1", "hunter2"], bad',
        '{"jwt":"hunter.efg","pin": "hunter", "session_id": "hunter", bad',
        '"{\\"password\\":\\"hunter\\"}"',
        '"{\\\\\\"password\\\\\\":\\\\\\"hunter\\\\\\"}"',
        '{"pin": hunter}',
    ],
)
def test_what_stands_behind_the_name_of_a_secret_in_a_text_is_masked(text: str) -> None:
    assert "hunter" not in masked(text, [])
    assert "***" in masked(text, [])
    assert "hunter" not in kept({"note": text})["note"]


@pytest.mark.parametrize("text", ['{"a": "hunter", bad', '"hunter"', "a=hunter", "<a>hunter</a>", "\xff hunter"])
def test_of_a_body_that_cannot_be_read_nothing_is_kept(text: str) -> None:
    assert kept_body(JSON, {}, text.encode("latin-1"), []) == ""
    assert kept_body(FORM, {"content-type": "text/plain"}, text.encode(), []) == ""


def test_a_forms_token_is_masked_and_its_files_are_named_only() -> None:
    raw = b"name=Ay%C5%9Fe&t=form-token&note=hi"
    found = json.loads(kept_body(FORM, {"content-type": "application/x-www-form-urlencoded"}, raw, []))
    assert found["fields"] == {"name": "Ayşe", "t": "***", "note": "hi"}
    part = b'--b\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\n%PDF-content\r\n--b--'
    found = kept_body(FORM, {"content-type": "multipart/form-data; boundary=b"}, part, [])
    assert json.loads(found)["files"] == [
        {"field": "cv", "name": "cv.pdf", "type": "application/octet-stream", "size": 12}
    ]


def test_headers_are_kept_by_value_only_where_they_tell_what_a_delivery_is() -> None:
    mappings = [{"type": "a.b", "when": 'headers."x-topic" == \'order\' || headers."x-secret-code"'}]
    source = parse_source(
        {"name": "s", "scheme": {"kind": "bearer", "delivery_header": "x-delivery"}, "mappings": mappings}
    )
    headers = {
        "x-topic": "order",
        "x-delivery": "d1",
        "user-agent": "u" * 999,
        "authorization": "Bearer abc",
        "x-secret-code": "abc",
        "cookie": "a=b",
        "x-forwarded-for": "192.0.2.1",
        "x-other": "z",
    }
    found, others = kept_headers(source, headers, [])
    assert found == {"x-topic": "order", "x-delivery": "d1", "user-agent": "u" * LONGEST_HEADER}
    assert others == ["authorization", "cookie", "x-forwarded-for", "x-other", "x-secret-code"]


@pytest.mark.parametrize("raw", [b'{"a": "' + b"x" * 99_999 + b'"}', b"\xff" * 99_999, b"a=" * 99_999])
def test_no_more_than_so_much_is_kept(raw: bytes) -> None:
    assert len(kept_body(JSON, {}, raw, [])) <= LONGEST_BODY


@given(st.binary(max_size=300))
def test_nothing_that_comes_makes_it_fail(raw: bytes) -> None:
    for source in (JSON, FORM):
        for kind in ("", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
            kept_body(source, {"content-type": kind}, raw, [SECRET])


PIECES = [
    *("token", "token=", "4", "eyJ", "eyJ-", "eyJabcdefgh-", "bearer ", "a", "secret  ", "'", "1-", "\\", " ", "<a "),
    *("<token>", "a:", "%", "%3D", "://", "://a", "token='", "4242 "),
]


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_costs_more_than_its_length(piece: str) -> None:
    assert growth(lambda size: masked(piece * (size // len(piece)), []), LONGEST_TEXT) < LINEAR


@pytest.mark.parametrize("document", ["ab, " * 50_000, ["eyJ-" * 50] * 1_000, {f"{n}": "a: b" for n in range(9_999)}])
def test_only_so_much_is_looked_at_as_can_be_kept(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    real = redaction._without_pairs
    monkeypatch.setattr(redaction, "_without_pairs", lambda text: looked_at.append(len(text)) or real(text))
    assert len(kept_body(naming("a"), {}, json.dumps({"a": document}).encode(), [])) == LONGEST_BODY
    assert sum(looked_at) <= LONGEST_TEXT + 10


def test_no_half_of_a_secret_stays_at_the_end_of_a_text_that_is_cut() -> None:
    text = "Bearer abcdefgh " * ((LONGEST_TEXT - 8) // 16) + SECRET * 9
    found = masked(text, [SECRET])
    assert len(text) > LONGEST_TEXT
    assert masked("eyJ-" * LONGEST_TEXT, []) == "***"
    assert SECRET[:6] not in found
    assert SECRET.removeprefix("whsec_")[:6] not in found
