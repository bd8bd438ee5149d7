"""Every scheme: what its own documentation signs is accepted, anything else is refused and nothing else happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from whenthen.domain.common.errors import Invalid, Unauthenticated
from whenthen.sources.signing import schemes, signatures, verifiers
from whenthen.sources.signing.reason_codes import (
    NO_SECRET,
    SECRET_NOT_STANDARD,
    TIMESTAMP_TOO_FAR,
    TIMESTAMP_UNREADABLE,
)
from whenthen.sources.signing.signatures import Scheme

NOW = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)  # 1614265330

VECTORS = {
    "standard_webhooks": (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
    ),
    "stripe": (
        "whsec_test_secret",
        {"stripe-signature": "t=1614265330,v1=117f2d4aa1697fc9f837f2feca4e5e23ec790ffa7b6b669073d3677ae48c4b5f"},
        (
            b'{\n  "id": "evt_test_webhook",\n  "object": "event",\n  "data": '
            b'{ "object": { "id": "rdr_123", "object": "terminal.reader" } }\n}'
        ),
    ),
    "github": (
        "It's a Secret to Everybody",
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
    ),
    "meta": (
        "1222e786b144d0e85b9f365372d93676",
        {"x-hub-signature-256": "sha256=54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441"},
        (
            b'{"object":"whatsapp_business_account","entry":[{"id":"264937493375603","changes":[{"value":'
            b'{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550953877","phone_number_id":'
            b'"277321005464405"},"contacts":[{"profile":{"name":"PyWa Tests"},"wa_id":"972544401243"}],"messages":'
            b'[{"from":"972544401243","id":"wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4NjQ4QzM4ODAxM0YA"'
            b',"timestamp":"1730231903","text":{"body":"Hey there! I am using PyWa."},"type":"text"}]},'
            b'"field":"messages"}]}]}'
        ),
    ),
}
"""The public vectors of the schemes' own documentation and libraries."""

CONFIGURED = [
    Scheme("standard_webhooks"),
    Scheme("stripe"),
    Scheme("github"),
    Scheme("meta"),
    Scheme("hmac_sha256", header="x-signature", encoding="hex"),
    Scheme("hmac_sha256", header="x-shop-hmac", encoding="base64", prefix="sha256 ", delivery_header="x-shop-id"),
    Scheme("bearer", header="authorization", prefix="Bearer "),
    Scheme("bearer", header="x-api-key", delivery_header="x-request-id"),
]
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
OTHER = "whsec_dGhpcyBpcyBhbm90aGVyIGtleSBmb3Igcm90YXRpb24="
BODY = '{"type":"payment.received","data":{"name":"Ayşe"}}'.encode()
OF_SCHEME = pytest.mark.parametrize("scheme", CONFIGURED, ids=lambda scheme: f"{scheme.kind}-{scheme.header}")


@pytest.mark.parametrize("kind", VECTORS)
def test_the_public_vector_of_the_scheme_verifies(kind: str) -> None:
    secret, headers, body = VECTORS[kind]
    verified = signatures.verify(Scheme(kind), [secret], headers, body, NOW)
    assert verified.delivery_id == headers.get("webhook-id")


@pytest.mark.parametrize("kind", ["standard_webhooks", "stripe", "github", "meta"])
def test_signing_gives_the_public_vector(kind: str) -> None:
    secret, headers, body = VECTORS[kind]
    assert signatures.sign(Scheme(kind), secret, body, NOW, headers.get("webhook-id", "")) == headers


@OF_SCHEME
def test_what_is_signed_verifies_and_carries_its_own_id(scheme: Scheme) -> None:
    headers = signatures.sign(scheme, SECRET, BODY, NOW, "delivery-1")
    verified = signatures.verify(scheme, [SECRET], headers, BODY, NOW)
    has_id = scheme.kind in ("standard_webhooks", "github") or scheme.delivery_header
    assert verified.delivery_id == ("delivery-1" if has_id else None)


@OF_SCHEME
def test_while_a_secret_is_replaced_both_are_good_and_afterwards_one(scheme: Scheme) -> None:
    headers = signatures.sign(scheme, OTHER, BODY, NOW, "m1")
    signatures.verify(scheme, [SECRET, OTHER], headers, BODY, NOW)
    with pytest.raises(Unauthenticated):
        signatures.verify(scheme, [SECRET], headers, BODY, NOW)


@OF_SCHEME
@pytest.mark.parametrize("secrets", [[], [""], ["   "], ["whsec_"], ["short"], ["whsec_YQ=="]])
def test_without_a_secret_nothing_is_accepted(scheme: Scheme, secrets: list[str]) -> None:
    for key in (b"", b"short", b"a", b"whsec_"):
        forged = verifiers.VERIFIERS[scheme.kind].sign(scheme, key, BODY, NOW, "m1")
        with pytest.raises(Unauthenticated):
            signatures.verify(scheme, secrets, forged, BODY, NOW)


@OF_SCHEME
@pytest.mark.parametrize(
    "odd",
    [None, 7, b"bytes", "", " ", "v1", "v1,", "t=,v1=", "t=1,t=2,v1=x", "sha256=", "ş" * 40, "\udc80", "x" * 9000],
)
def test_odd_headers_are_refused_and_nothing_worse(scheme: Scheme, odd: object) -> None:
    good = signatures.sign(scheme, SECRET, BODY, NOW, "m1")
    for name in good.keys() - {"x-github-delivery", "x-shop-id", "x-request-id"}:
        with pytest.raises(Unauthenticated):
            signatures.verify(scheme, [SECRET], {**good, name: odd}, BODY, NOW)  # type: ignore[dict-item]
        with pytest.raises(Unauthenticated):
            signatures.verify(scheme, [SECRET], {k: v for k, v in good.items() if k != name}, BODY, NOW)


@pytest.mark.parametrize(
    ("kind", "age", "accepted"),
    [
        ("standard_webhooks", 300, True),
        ("standard_webhooks", 301, False),
        ("standard_webhooks", -300, True),
        ("standard_webhooks", -301, False),
        ("stripe", 300, True),
        ("stripe", 301, False),
        ("stripe", -301, True),
    ],
)
def test_a_signature_is_good_for_five_minutes(kind: str, age: int, accepted: bool) -> None:
    headers = signatures.sign(Scheme(kind), SECRET, BODY, NOW - timedelta(seconds=age), "m1")
    if accepted:
        signatures.verify(Scheme(kind), [SECRET], headers, BODY, NOW)
    else:
        with pytest.raises(Unauthenticated) as refused:
            signatures.verify(Scheme(kind), [SECRET], headers, BODY, NOW)
        assert refused.value.reason == TIMESTAMP_TOO_FAR()


@pytest.mark.parametrize(
    "written", ["١٦١٤٢٦٥٣٣٠", "1614265330.0", " 1614265330", "+1614265330", "1_614_265_330", "9" * 40]
)
def test_only_plain_digits_are_a_timestamp(written: str) -> None:
    key = verifiers.VERIFIERS["standard_webhooks"].key(SECRET)
    assert key
    signed = {"webhook-id": "m1", "webhook-timestamp": written, "webhook-signature": "v1,x"}
    with pytest.raises(Unauthenticated) as refused:
        signatures.verify(Scheme("standard_webhooks"), [SECRET], signed, BODY, NOW)
    assert refused.value.reason == TIMESTAMP_UNREADABLE()


def test_several_signatures_may_stand_in_one_header() -> None:
    standard = signatures.sign(Scheme("standard_webhooks"), SECRET, BODY, NOW, "m1")
    standard["webhook-signature"] = f"v1a,AAAA v2,BBBB v1,CCCC {standard['webhook-signature']}"
    signatures.verify(Scheme("standard_webhooks"), [SECRET], standard, BODY, NOW)
    stripe = signatures.sign(Scheme("stripe"), SECRET, BODY, NOW)
    written, _, signature = stripe["stripe-signature"].partition(",")
    stripe["stripe-signature"] = f"{written},v0=aa,v1=bb, {signature}"
    signatures.verify(Scheme("stripe"), [SECRET], stripe, BODY, NOW)


def test_a_signature_of_another_version_does_not_count() -> None:
    standard = signatures.sign(Scheme("standard_webhooks"), SECRET, BODY, NOW, "m1")
    standard["webhook-signature"] = standard["webhook-signature"].replace("v1,", "v1a,")
    with pytest.raises(Unauthenticated):
        signatures.verify(Scheme("standard_webhooks"), [SECRET], standard, BODY, NOW)
    stripe = {k: v.replace("v1=", "v0=") for k, v in signatures.sign(Scheme("stripe"), SECRET, BODY, NOW).items()}
    with pytest.raises(Unauthenticated):
        signatures.verify(Scheme("stripe"), [SECRET], stripe, BODY, NOW)


def test_the_bytes_between_id_time_and_body_cannot_be_moved() -> None:
    """The full stop separates them, so an id that contains one could lend its tail to the timestamp."""
    body = b"1614265330.{}"
    headers = signatures.sign(Scheme("standard_webhooks"), SECRET, body, NOW, "m1")
    moved = {**headers, "webhook-id": f"m1.{headers['webhook-timestamp']}", "webhook-timestamp": "1614265330"}
    with pytest.raises(Unauthenticated):
        signatures.verify(Scheme("standard_webhooks"), [SECRET], moved, b"{}", NOW)
    with pytest.raises(Invalid):
        signatures.sign(Scheme("standard_webhooks"), SECRET, body, NOW, "m.1")


def test_hexadecimal_digits_count_in_either_case_where_the_sender_is_unknown() -> None:
    scheme = Scheme("hmac_sha256", header="x-signature", prefix="sha256=")
    headers = {name: value.upper() for name, value in signatures.sign(scheme, SECRET, BODY, NOW).items()}
    signatures.verify(scheme, [SECRET], headers, BODY, NOW)


FORMS = [
    ("application/x-www-form-urlencoded", b"name=Ay%C5%9Fe&token=correct-horse"),
    (
        'multipart/form-data; boundary="b1"',
        b'--b1\r\nContent-Disposition: form-data; name="token"\r\n\r\ncorrect-horse\r\n--b1--\r\n',
    ),
]


@pytest.mark.parametrize(("content_type", "body"), FORMS)
def test_a_form_proves_itself_by_its_token(content_type: str, body: bytes) -> None:
    scheme, headers = Scheme("form_token", field="token"), {"content-type": content_type}
    signatures.verify(scheme, ["correct-horse"], headers, body, NOW)
    with pytest.raises(Unauthenticated):
        signatures.verify(scheme, ["another-horse"], headers, body, NOW)
    with pytest.raises(Unauthenticated):
        signatures.verify(scheme, [], headers, body, NOW)
    with pytest.raises(Unauthenticated):
        signatures.verify(scheme, ["correct-horse"], headers, body.replace(b"token", b"other"), NOW)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"--b1\r\n", b"&" * 500, b'{"token":"correct-horse"}'])
def test_an_unreadable_form_is_refused_like_a_missing_token(body: bytes) -> None:
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b1", "text/plain", ""):
        with pytest.raises(Unauthenticated):
            signatures.verify(Scheme("form_token"), ["correct-horse"], {"content-type": content_type}, body, NOW)


def test_only_the_open_form_asks_for_no_secret() -> None:
    signatures.verify(Scheme("dangerous_open_form"), [], {}, b"", NOW)
    for kind in schemes.SETTINGS.keys() - {"dangerous_open_form"}:
        with pytest.raises(Unauthenticated) as refused:
            signatures.verify(Scheme(kind), [], {}, b"", NOW)
        assert refused.value.reason == NO_SECRET()


def test_every_configurable_scheme_has_a_verifier() -> None:
    assert verifiers.VERIFIERS.keys() == schemes.SETTINGS.keys()


def test_a_secret_that_would_be_ignored_is_refused_when_it_is_saved() -> None:
    signatures.check_secret(Scheme("standard_webhooks"), SECRET)
    for secret in ("whsec_not base64!", "whsec_YQ==", ""):
        with pytest.raises(Invalid) as refused:
            signatures.check_secret(Scheme("standard_webhooks"), secret, "secrets[0]")
        [problem] = refused.value.problems
        assert (problem.field, problem.reason) == ("secrets[0]", SECRET_NOT_STANDARD(count=8))


def test_a_scheme_is_read_from_its_name_or_with_its_settings() -> None:
    assert schemes.parse_scheme("stripe") == Scheme("stripe")
    assert schemes.parse_scheme({"kind": "bearer"}) == Scheme("bearer", header="authorization", prefix="Bearer ")
    custom = {"kind": "hmac_sha256", "header": "X-Shop-Hmac", "encoding": "base64", "delivery_header": "X-Shop-Id"}
    read = schemes.parse_scheme(custom)
    assert (read.header, read.encoding, read.delivery_header) == ("x-shop-hmac", "base64", "x-shop-id")


@pytest.mark.parametrize(
    ("value", "field", "code"),
    [
        (None, "scheme", "scheme.unknown"),
        ("sha1", "scheme", "scheme.unknown"),
        ({"kind": ["stripe"]}, "scheme", "scheme.unknown"),
        ({"kind": "stripe", "header": "x"}, "scheme.header", "scheme.no_such_setting"),
        ({"kind": "hmac_sha256", "header": "x y"}, "scheme.header", "scheme.header_name_required"),
        ({"kind": "hmac_sha256", "encoding": "rot13"}, "scheme.encoding", "value.not_one_of"),
        ({"kind": "hmac_sha256", "prefix": "x" * 65}, "scheme.prefix", "scheme.prefix_required"),
        ({"kind": "bearer", "delivery_header": 7}, "scheme.delivery_header", "scheme.header_name_required"),
        ({"kind": "form_token", "field": ""}, "scheme.field", "scheme.form_field_required"),
    ],
)
def test_a_scheme_that_does_not_hold_names_the_field(value: object, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        schemes.parse_scheme(value)
    assert [(each.field, each.reason.code) for each in refused.value.problems] == [(field, code)]
