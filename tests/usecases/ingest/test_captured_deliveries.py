"""A captured delivery that is posted again under other words: only what is signed says which event it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.codes import codes
from tests.sources.samples import EVENTS, sample
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.events.event import Event
from whenthen.sources.signing.signatures import parse_scheme, sign
from whenthen.usecases.ingest.receive_webhook import Accepted

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
GITHUB_NAMES = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "release",
    "push",
    "ping",
    "star",
    None,
]
SHAPES = sorted(path.stem for path in (EVENTS / "github").glob("*.json"))

BODY_ALONE: list[Any] = [
    "github",
    "meta",
    {"kind": "hmac_sha256", "header": "x-shop-hmac", "delivery_header": "x-shop-id"},
    {"kind": "hmac_sha256", "encoding": "base64", "delivery_header": "x-shop-id"},
]
ORDER = {"type": "order.placed", "number": 7, "phone": "+905321234567"}
ORDERS = [{"type": "order.placed", "identities": "{phone: body.phone}", "data": "body"}]


def has_source(world: World, scheme: Any, mappings: list[dict[str, Any]] | None = None) -> None:
    world.sources.kept["shop"] = {"name": "shop", "scheme": scheme, "mappings": mappings or []}
    world.secrets.kept["sources/shop"] = {"secret": SECRET}


def captured(world: World, raw: bytes) -> dict[str, str]:
    """The headers of a delivery that somebody saw on its way."""
    return sign(parse_scheme(world.sources.kept["shop"]["scheme"]), SECRET, raw, world.clock.now(), "delivery-1")


def posts(world: World, headers: dict[str, str], raw: bytes, **other: str | None) -> Accepted:
    changed = {**headers, **{name.replace("_", "-"): value for name, value in other.items()}}
    return world.functions.receive_webhook("shop", {k: v for k, v in changed.items() if v is not None}, raw)


def posted(world: World, headers: dict[str, str], raw: bytes, **other: str | None) -> Event:
    (event,) = posts(world, headers, raw, **other).events
    return event


@pytest.mark.parametrize("name", SHAPES)
def test_a_body_of_github_is_one_event_under_any_delivery_id_and_event_name(world: World, name: str) -> None:
    has_source(world, "github")
    raw = sample(f"github/{name}.json")
    headers = captured(world, raw)
    told = [
        posted(world, headers, raw, x_github_event=event, x_github_delivery=own)
        for event in GITHUB_NAMES
        for own in ("delivery-1", "delivery-2", None)
    ]
    assert len({event.id for event in told}) == 1
    assert len({event.type for event in told}) == 1, "the body says what happened"
    assert (told[0].type == "webhook.received") == (name == "ping")


def test_a_captured_body_starts_no_second_run(world: World) -> None:
    has_source(world, "github")
    made = world.has_rule(rule(GREET, on="ticket.created", kind=None))
    raw = sample("github/issues_opened.json")
    headers = captured(world, raw)
    for place in range(3):
        posted(world, headers, raw, x_github_event="issues", x_github_delivery=f"d{place}")
        world.run_out()
        world.clock.move(hours=30)
    assert [run.rule_id for run in world.all_runs] == [made.id]


def test_bodies_that_differ_are_events_that_differ(world: World) -> None:
    has_source(world, "github")
    raws = [sample(f"github/{name}.json") for name in SHAPES]
    assert len({posted(world, captured(world, raw), raw).id for raw in raws}) == len(SHAPES)


@pytest.mark.parametrize("scheme", BODY_ALONE, ids=str)
def test_an_id_beside_a_signed_body_makes_no_other_event(world: World, scheme: Any) -> None:
    has_source(world, scheme, ORDERS)
    raw = json.dumps(ORDER).encode()
    headers = captured(world, raw)
    ids = {posted(world, headers, raw, x_shop_id=own, x_github_delivery=own).id for own in ("1", "2", None)}
    assert len(ids) == 1
    other = json.dumps({**ORDER, "number": 8}).encode()
    assert posted(world, captured(world, other), other, x_shop_id="1").id not in ids


@pytest.mark.parametrize("written", ["delivery_id", 'headers."x-shop-id"', 'headers."x-other" || delivery_id'])
@pytest.mark.parametrize("scheme", BODY_ALONE[2:], ids=str)
def test_a_mapping_takes_no_id_that_is_not_signed_and_says_so(world: World, scheme: Any, written: str) -> None:
    has_source(world, scheme, [{**ORDERS[0], "id": written}])
    raw = json.dumps(ORDER).encode()
    headers = captured(world, raw)
    accepted = [posts(world, headers, raw, x_shop_id=own) for own in ("1", "2")]
    assert len({each.events[0].id for each in accepted}) == 1
    for each in accepted:
        assert [(problem.field, codes(problem.reason)) for problem in each.problems] == [
            ("mappings[0].id", ["mapping.id_not_signed"])
        ]


@pytest.mark.parametrize("written", ["body.number", "body.number || delivery_id", "join('-', [source, body.phone])"])
def test_an_id_in_the_signed_body_counts_whatever_the_bytes(world: World, written: str) -> None:
    has_source(world, BODY_ALONE[2], [{**ORDERS[0], "id": written}])
    events = []
    for raw in (json.dumps(ORDER).encode(), json.dumps(ORDER, indent=1).encode()):
        accepted = posts(world, captured(world, raw), raw)
        assert accepted.problems == ()
        events += accepted.events
    assert events[0].id == events[1].id


def test_the_signed_id_of_standard_webhooks_tells_deliveries_apart(world: World) -> None:
    has_source(world, "standard_webhooks", [{**ORDERS[0], "id": "delivery_id"}])
    raw = json.dumps(ORDER).encode()
    scheme = parse_scheme("standard_webhooks")
    first, second = (sign(scheme, SECRET, raw, world.clock.now(), own) for own in ("m1", "m2"))
    assert posted(world, first, raw).id == posted(world, first, raw).id != posted(world, second, raw).id


def test_a_token_proves_the_whole_request(world: World) -> None:
    has_source(world, {"kind": "bearer", "delivery_header": "x-shop-id"}, ORDERS)
    raw = json.dumps(ORDER).encode()
    headers = captured(world, raw)
    assert posted(world, headers, raw, x_shop_id="1").id != posted(world, headers, raw, x_shop_id="2").id
