"""Every event that the samples give holds the shape that the catalogue says of its type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.sources.samples import EVENTS, sample, sample_json
from tests.sources.webhook.events import events_of
from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.event_types import Maker, problems_of
from whenthen.domain.events.event import Event
from whenthen.sources.email.authentication import authentication_of_headers
from whenthen.sources.email.inbound import mail_events
from whenthen.sources.email.mime import read_mail
from whenthen.sources.email.outbound_reports import ses_events
from whenthen.sources.meta import leads, notification
from whenthen.sources.meta.notification import LeadRef
from whenthen.sources.sms.notifications import sms_events
from whenthen.sources.sms.reports import STATUSES
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.whatsapp import webhook

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
GITHUB_EVENTS = ("issues", "issue_comment", "pull_request", "release", "push", "ping")
NOT_LISTED = {
    "checkout.completed", "customer.created", "customer.updated", "invoice.payment_failed", "payment.refunded",
    "pull_request.opened", "pull_request.merged", "pull_request.closed", "release.published", "repository.pushed",
    "ticket.reopened", "order.shipped", "helpdesk.opened", "helpdesk.closed",
    "email.sent", "email.opened", "email.clicked", "email.delayed", "email.rejected", "email.rendering_failed",
    "email.subscription_changed",
}  # fmt: skip
"""Types that only some source knows; rules may name them all the same."""


def of_sources() -> Iterator[Event]:
    stripe = parse_source({"name": "stripe", "scheme": "stripe"})
    for path in (EVENTS / "stripe").iterdir():
        yield from events_of(map_delivery(Delivery(stripe, {}, path.read_bytes(), None, NOW)))
    github = parse_source({"name": "github", "scheme": "github"})
    for path in (EVENTS / "github").iterdir():
        event = next(name for name in GITHUB_EVENTS if path.stem.startswith(name))
        yield from events_of(map_delivery(Delivery(github, {"x-github-event": event}, path.read_bytes(), "d1", NOW)))
    bank = parse_source({"name": "bank", "scheme": "standard_webhooks"})
    yield from events_of(map_delivery(Delivery(bank, {}, sample("hooks/payment_received.json"), "m1", NOW)))
    for config, body in (("order_source", "order_shipped"), ("tickets_source", "tickets_batch")):
        source = parse_source(sample_json(f"hooks/{config}.json"))
        yield from events_of(map_delivery(Delivery(source, {}, sample(f"hooks/{body}.json"), None, NOW)))
    form = parse_source({"name": "contact", "scheme": "form_token"})
    posted = {"content-type": "application/x-www-form-urlencoded"}
    yield from events_of(map_delivery(Delivery(form, posted, sample("forms/contact.urlencoded"), None, NOW)))


def of_meta() -> Iterator[Event]:
    for name in ("lead", "lead_test"):
        document = sample_json(f"meta/{name}.json")
        yield leads.lead_event(LeadRef(document["id"]), document, "TR", NOW)
    for path in (EVENTS / "whatsapp").iterdir():
        yield from webhook.events_of(notification.parse_notification(path.read_bytes()), NOW).events


def of_mail() -> Iterator[Event]:
    for path in (EVENTS / "email").glob("*.eml"):
        mail = read_mail(path.read_bytes())
        yield from mail_events(mail, authentication_of_headers(mail, path.stem), path.read_bytes(), [], (), NOW).events
    nobody = read_mail(b"Subject: from nobody\r\n\r\n")
    yield from mail_events(nobody, authentication_of_headers(nobody, "nobody"), b"", [], (), NOW).events
    for path in (EVENTS / "email").glob("ses_*.json"):
        yield from ses_events(sample_json(f"email/{path.name}"), NOW)


def of_sms() -> Iterator[Event]:
    samples = [sample_json(f"sms/{path.name}") for path in (EVENTS / "sms").iterdir()]
    samples += [{**sample_json("sms/report_sent.json"), "eventType": status} for status in STATUSES]
    for document in samples:
        yield from sms_events(document, NOW)


@pytest.mark.parametrize("made", [of_sources, of_meta, of_mail, of_sms], ids=lambda made: made.__name__)
def test_events_hold_what_the_catalogue_says_of_them(made: object) -> None:
    events = list(made())  # type: ignore[operator]
    for event in events:
        row = catalog.find(event.type)
        if row is None:
            assert event.type in NOT_LISTED
        else:
            assert {Maker.SOURCE, Maker.RECEIVER} & set(row.makers), event.type
            assert problems_of(row.data, event.data, event.type) == []
    assert len(events) > 10
