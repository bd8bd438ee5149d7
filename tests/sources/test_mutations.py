"""Ten thousand forged deliveries over all schemes: none is accepted, and none meets anything but a refusal.

Each takes a delivery that is accepted and changes its body, its proof, its time or its secret, in the ways in
which forgeries and accidents do.
"""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.common.errors import Unauthenticated
from whenthen.sources.signing import signatures
from whenthen.sources.signing.signatures import Scheme

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
FORM_TOKEN = "correct-horse-battery-staple"
OTHER = "whsec_dGhpcyBpcyBhbm90aGVyIGtleSBmb3Igcm90YXRpb24="

SIGNED = [
    Scheme("standard_webhooks"),
    Scheme("stripe"),
    Scheme("github"),
    Scheme("meta"),
    Scheme("hmac_sha256", header="x-signature", encoding="hex", prefix="sha256="),
    Scheme("hmac_sha256", header="x-signature", encoding="base64"),
]
BEARERS = [Scheme("bearer", header="authorization", prefix="Bearer "), Scheme("bearer", header="x-api-key")]
FORM = Scheme("form_token", field="token")
OF_SCHEME = pytest.mark.parametrize("scheme", SIGNED, ids=lambda scheme: f"{scheme.kind}-{scheme.encoding}")

EACH = 1_200
"""Forgeries per scheme: with nine schemes, more than ten thousand."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Hold a delivery and the moment at which it arrives."""

    headers: Mapping[str, object]
    body: bytes
    now: datetime = NOW


def genuine(scheme: Scheme) -> Delivery:
    if scheme is FORM:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Delivery(headers, f"name=a&token={FORM_TOKEN}&wish=chairs".encode())
    body = '{"type":"payment.received","data":{"amount":1250.5,"name":"Ayşe"}}'.encode()
    headers = signatures.sign(scheme, SECRET, body, NOW, "msg_1")
    return Delivery({name: value for name, value in headers.items() if name != "x-github-delivery"}, body)


def accepted(scheme: Scheme, delivery: Delivery, secrets: Sequence[str] = (SECRET,)) -> bool:
    """Any other error than the refusal fails the test."""
    try:
        signatures.verify(scheme, secrets, delivery.headers, delivery.body, delivery.now)  # type: ignore[arg-type]
    except Unauthenticated:
        return False
    return True


def dice_of(name: str) -> random.Random:
    """The same forgeries in every run."""
    return random.Random(name)  # noqa: S311 - nothing here is secret


def with_other_body(delivery: Delivery, dice: random.Random) -> Delivery:
    body = bytearray(delivery.body)
    place = dice.randrange(len(body) + 1)
    body[place : place + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
    return replace(delivery, body=bytes(body))


def with_other_header(delivery: Delivery, dice: random.Random) -> Delivery:
    name = dice.choice(sorted(delivery.headers))
    value = str(delivery.headers[name])
    place = dice.randrange(len(value) + 1)
    piece = "".join(dice.choices(PIECES, k=dice.randrange(3)))
    changed = value[:place] + piece + value[place + dice.randrange(3) :]
    return replace(delivery, headers={**delivery.headers, name: changed})


def with_odd_header(delivery: Delivery, dice: random.Random) -> Delivery:
    name = dice.choice(sorted(delivery.headers))
    return replace(delivery, headers={**delivery.headers, name: dice.choice(ODD)})


PIECES = [*string.printable, "é", "\u0661", "\udc80", "v1,", "v1=", "t=", ",", " ", "sha256="]
ODD: list[object] = [
    None,
    0,
    1.5,
    b"bytes",
    ["list"],
    {},
    "",
    " ",
    "\x00",
    "\udcff",
    "v1,",
    "t=",
    "sha256=",
    "Bearer ",
    "x" * 100_000,
]
CHANGES = [with_other_body, with_other_header, with_odd_header]


def says_the_same(scheme: Scheme, forged: Delivery) -> bool:
    """Whether it is the genuine delivery in another writing that the scheme allows: a list with something added, a
    digit or prefix in the other case."""
    own = genuine(scheme)
    if forged.body != own.body or any(not isinstance(value, str) for value in forged.headers.values()):
        return False
    given, wanted = ({name: str(value) for name, value in headers.items()} for headers in (forged.headers, own.headers))
    if scheme.kind == "standard_webhooks":
        signature = wanted.pop("webhook-signature")
        return signature in given.pop("webhook-signature").split(" ") and given == wanted
    if scheme.kind == "stripe":
        parts = [part.strip() for part in given["stripe-signature"].split(",")]
        return set(wanted["stripe-signature"].split(",")) <= set(parts)
    if scheme.kind == "hmac_sha256" and scheme.encoding == "hex":
        return given["x-signature"].lower() == wanted["x-signature"].lower()
    return given == wanted


@OF_SCHEME
def test_no_changed_delivery_is_accepted(scheme: Scheme) -> None:
    dice, own, tried = dice_of(scheme.kind), genuine(scheme), 0
    assert accepted(scheme, own)
    while tried < EACH:
        forged = own
        for change in dice.choices(CHANGES, k=dice.choice([1, 1, 1, 2])):
            forged = change(forged, dice)
        if not says_the_same(scheme, forged):
            assert not accepted(scheme, forged), forged
            tried += 1


@pytest.mark.parametrize("scheme", BEARERS, ids=lambda scheme: scheme.header)
def test_no_other_token_is_accepted(scheme: Scheme) -> None:
    dice, own, tried = dice_of(scheme.header), genuine(scheme), 0
    assert accepted(scheme, own)
    while tried < EACH:
        forged = dice.choice([with_other_header, with_odd_header])(own, dice)
        given = forged.headers[scheme.header]
        if isinstance(given, str) and given.lower().startswith(scheme.prefix.lower()) and given.endswith(f"{SECRET}"):
            continue  # the prefix in another case, or nothing changed
        assert not accepted(scheme, forged), forged
        tried += 1


def test_no_form_with_another_token_is_accepted() -> None:
    dice, own = dice_of("form"), genuine(FORM)
    assert accepted(FORM, own, [FORM_TOKEN])
    for _ in range(EACH):
        token = bytearray(FORM_TOKEN.encode())
        token[dice.randrange(len(token))] = dice.choice(b"%&+;=abc \x00\xff")
        forged = replace(own, body=own.body.replace(FORM_TOKEN.encode(), bytes(token)))
        assert forged.body == own.body or not accepted(FORM, forged, [FORM_TOKEN]), forged


@OF_SCHEME
def test_a_delivery_signed_for_one_source_is_not_accepted_by_another(scheme: Scheme) -> None:
    assert not accepted(scheme, genuine(scheme), [OTHER])
    for foreign in SIGNED:
        if foreign.kind not in (scheme.kind, *({"github", "meta"} if scheme.kind in ("github", "meta") else ())):
            assert not accepted(scheme, genuine(foreign))


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_a_signed_time_is_good_for_five_minutes_and_no_longer(seconds: int) -> None:
    late = {
        kind: replace(genuine(Scheme(kind)), now=NOW + timedelta(seconds=seconds))
        for kind in ("standard_webhooks", "stripe")
    }
    assert accepted(Scheme("standard_webhooks"), late["standard_webhooks"]) == (abs(seconds) <= 300)
    assert accepted(Scheme("stripe"), late["stripe"]) == (seconds <= 300)


HEADER_NAMES = st.sampled_from(
    [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "stripe-signature",
        "x-hub-signature-256",
        "x-signature",
        "authorization",
        "x-api-key",
        "content-type",
    ]
)
HEADER_VALUES = (
    st.text(max_size=60)
    | st.none()
    | st.integers()
    | st.binary(max_size=9)
    | st.sampled_from(
        ["v1,", "t=1773480600,v1=", "sha256=", "1773480600", "Bearer ", "multipart/form-data; boundary=b"]
    )
)


@settings(max_examples=500)
@given(st.dictionaries(HEADER_NAMES, HEADER_VALUES), st.binary(max_size=200))
def test_nothing_that_anyone_makes_up_is_accepted(headers: dict[str, object], body: bytes) -> None:
    for scheme in (*SIGNED, *BEARERS, FORM):
        assert not accepted(scheme, Delivery(headers, body))
