"""Stripe and GitHub need no mapping of the admin's: what each of their events becomes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.samples import EVENTS, sample, sample_json
from tests.sources.webhook.events import events_of
from whenthen.domain.common import ids
from whenthen.domain.expressions.expressions import compile_expression
from whenthen.sources.github import mappings as github
from whenthen.sources.signing import signatures
from whenthen.sources.stripe import mappings as stripe
from whenthen.sources.webhook.default_mappings import default_mappings
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.mapping_result import MappingResult

NOW = datetime(2026, 3, 20, tzinfo=UTC)
AYSE = {"stripe#cus_S4ayse", "email#ayse.yilmaz@example.com", "phone#+905321234567"}


def of_stripe(name: str) -> MappingResult:
    source = parse_source({"name": "stripe", "scheme": "stripe"})
    return map_delivery(Delivery(source, {}, sample(f"stripe/{name}.json"), None, NOW, "TR"))


def of_github(name: str, event: str) -> MappingResult:
    source = parse_source({"name": "github", "scheme": "github"})
    headers = {"x-github-event": event, "x-github-delivery": "72d3162e-cc78-11e3"}
    return map_delivery(Delivery(source, headers, sample(f"github/{name}.json"), "72d3162e-cc78-11e3", NOW, "TR"))


STRIPE = [
    (
        "invoice_created",
        "invoice.created",
        {"amount": 1250.5, "currency": "try", "number": "WT-0117", "status": "draft"},
    ),
    ("invoice_paid", "invoice.paid", {"amount": 1250.5, "amount_paid": 1250.5}),
    ("invoice_payment_failed", "invoice.payment_failed", {"amount_paid": 0, "attempt_count": 1}),
    ("invoice_voided", "invoice.cancelled", {"status": "void"}),
    ("payment_intent_succeeded", "payment.received", {"amount": 1250.5, "metadata": {"invoice": "INV-2026-0117"}}),
    (
        "payment_intent_payment_failed",
        "payment.failed",
        {"reason_code": "card_declined", "reason": "Your card has insufficient funds."},
    ),
    ("charge_refunded", "payment.refunded", {"amount_refunded": 250.5, "payment": "pi_3R2balcony"}),
    ("quote_accepted", "quote.signed", {"amount": 48000, "currency": "jpy", "invoice": "in_1R2balcony0118"}),
    ("quote_canceled", "quote.cancelled", {"number": "QT-WT-0042-1"}),
    ("checkout_session_completed", "checkout.completed", {"amount": 2450.5, "reference": "order-70418"}),
    ("customer_created", "customer.created", {"full_name": "Ayşe Yılmaz", "stripe_id": "cus_S4ayse"}),
    ("customer_updated", "customer.updated", {"phone": "0555 111 22 33"}),
]


@pytest.mark.parametrize(("name", "type_", "data"), STRIPE, ids=[row[0] for row in STRIPE])
def test_an_event_of_stripe_becomes_one_of_ours(name: str, type_: str, data: dict[str, Any]) -> None:
    mapped, document = of_stripe(name), sample_json(f"stripe/{name}.json")
    (event,) = events_of(mapped)
    assert event.type == type_
    assert event.id == ids.event_id("hook/stripe", f"{type_}:{document['id']}")
    assert event.time == datetime.fromtimestamp(document["created"], UTC)
    assert event.data.items() >= data.items()
    assert None not in event.data.values()
    assert mapped.problems == ()


def test_stripes_customers_are_known_by_stripes_id_and_by_what_else_it_tells() -> None:
    assert set(events_of(of_stripe("invoice_paid"))[0].identities) == AYSE
    assert set(events_of(of_stripe("customer_created"))[0].identities) == AYSE
    assert set(events_of(of_stripe("charge_refunded"))[0].identities) == AYSE - {"phone#+905321234567"}
    assert set(events_of(of_stripe("quote_accepted"))[0].identities) == {"stripe#cus_S4ayse"}
    assert events_of(of_stripe("checkout_session_completed"))[0].identities == (
        "phone#+905337654321",
        "email#mehmet@example.com",
    )


def test_a_customer_of_stripe_becomes_a_contact_and_nothing_else_changes_records() -> None:
    (record,) = of_stripe("customer_updated").records
    assert (record.kind, record.id) == ("contact", None)
    assert record.fields == {"full_name": "Ayşe Yılmaz", "email": "ayse.yilmaz@example.com", "phone": "+905551112233"}
    assert [name for name, *_ in STRIPE if of_stripe(name).records] == ["customer_created", "customer_updated"]


def test_what_stripe_repeats_has_the_same_id_even_where_its_bytes_differ() -> None:
    source = parse_source({"name": "stripe", "scheme": "stripe"})
    document = sample_json("stripe/payout_paid.json")
    first, again = (
        events_of(
            map_delivery(Delivery(source, {}, json.dumps({**document, "pending_webhooks": n}).encode(), None, NOW))
        )[0]
        for n in (2, 1)
    )
    assert first.type == "webhook.received"
    assert first.data["body"]["type"] == "payout.paid"
    assert first.id == again.id


GITHUB = [
    ("issues_opened", "issues", "ticket.created", {"number": 42, "labels": ["warranty"], "author": "ayse-yilmaz"}),
    ("issues_labeled", "issues", "ticket.updated", {"action": "labeled", "labels": ["warranty", "urgent"]}),
    ("issues_closed", "issues", "ticket.closed", {"state": "closed"}),
    ("issues_reopened", "issues", "ticket.reopened", {"repository": "balcony/support"}),
    (
        "issue_comment_created",
        "issue_comment",
        "ticket.replied",
        {"author": "budi", "text": "A new leg is on its way."},
    ),
    ("pull_request_opened", "pull_request", "pull_request.opened", {"number": 7, "branch": "main"}),
    ("pull_request_closed_merged", "pull_request", "pull_request.merged", {"number": 7}),
    ("pull_request_closed", "pull_request", "pull_request.closed", {"number": 7}),
    ("release_published", "release", "release.published", {"tag": "v1.2.0"}),
    ("push", "push", "repository.pushed", {"commits": 1, "ref": "refs/heads/main"}),
    ("ping", "ping", "webhook.received", {"source": "github"}),
]


@pytest.mark.parametrize(("name", "event", "type_", "data"), GITHUB, ids=[row[0] for row in GITHUB])
def test_an_event_of_github_becomes_one_of_ours(name: str, event: str, type_: str, data: dict[str, Any]) -> None:
    (found,) = events_of(of_github(name, event))
    assert found.type == type_
    signed = hashlib.sha256(sample(f"github/{name}.json")).hexdigest()
    assert found.id == ids.event_id("hook/github", f"sha256:{signed}")
    assert found.data.items() >= data.items()
    if type_.startswith("ticket."):
        assert found.identities == (f"github#{found.data['sender']}",)
        assert found.time < NOW


def test_every_row_of_the_tables_is_covered_and_every_sample_used() -> None:
    assert {row[1] for row in STRIPE} == {row[1] for row in stripe.EVENTS}
    assert {row[2] for row in GITHUB} == {row[2] for row in github.EVENTS} | {"webhook.received"}
    names = {path.stem for path in (EVENTS / "stripe").iterdir()}
    assert names == {row[0] for row in STRIPE} | {"payout_paid"}
    assert {path.stem for path in (EVENTS / "github").iterdir()} == {row[0] for row in GITHUB}


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (1250, "eur", 12.5),
        (1200, "USD", 12),
        (1250, "jpy", 1250),
        (1250, "kwd", 1.25),
        (-50, "try", -0.5),
        (0, "try", 0),
        (None, "try", None),
        (5, None, None),
        (19, "usd", 0.19),
    ],
)
def test_amounts_are_in_units_of_their_currency(
    amount: int | None, currency: str | None, expected: float | None
) -> None:
    expression = compile_expression("major_units(a, c)", "data")
    assert expression.value({"a": amount, "c": currency}) == expected


def test_the_whole_way_from_stripes_bytes() -> None:
    source, raw = parse_source({"name": "stripe", "scheme": "stripe"}), sample("stripe/invoice_paid.json")
    headers = signatures.sign(source.scheme, "whsec_of_the_test", raw, NOW)
    verified = signatures.verify(source.scheme, ["whsec_of_the_test"], headers, raw, NOW)
    assert events_of(map_delivery(Delivery(source, headers, raw, verified.delivery_id, NOW)))[0].type == "invoice.paid"


def test_a_scheme_whose_bodies_can_be_anything_has_no_mappings_of_its_own() -> None:
    assert default_mappings("bearer") == default_mappings("hmac_sha256") == ()
