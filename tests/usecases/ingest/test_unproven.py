"""Anybody can post an open form: it completes records, and replaces only what its source names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts, posts_form

KNOWN = {
    "email": "a@b.co",
    "phone": "+905321234567",
    "owner": "agent:1",
    "status": "customer",
    "consent": {"email": False},
    "tags": ["vip"],
}
POSTED = {
    "email": "a@b.co",
    "phone": "0533 765 43 21",
    "owner": "agent:9",
    "status": "lost",
    "consent.email": "yes",
    "consent.whatsapp": "yes",
    "tags": "spam",
    "city": "Bursa",
}


def has_form(world: World, scheme: Any = "dangerous_open_form", **record: Any) -> None:
    mapping = {"type": "form.submitted", "record": {"kind": "contact", "fields": "body.fields", **record}}
    world.sources.kept["site"] = {"name": "site", "scheme": scheme, "mappings": [mapping]}


def test_an_open_form_completes_what_is_empty_and_replaces_nothing(world: World) -> None:
    world.has_record("contact:1", **KNOWN)
    has_form(world)
    posts_form(world, POSTED)
    expected = {**KNOWN, "city": "Bursa", "consent": {"email": False, "whatsapp": True}}
    assert world.records.stored["contact:1"].fields == expected


def test_the_source_says_by_name_what_it_may_replace(world: World) -> None:
    world.has_record("contact:1", **KNOWN)
    has_form(world, may_replace=["status", "consent"])
    posts_form(world, POSTED)
    fields = world.records.stored["contact:1"].fields
    assert (fields["status"], fields["consent"]) == ("lost", {"email": True, "whatsapp": True})
    assert (fields["owner"], fields["phone"], fields["tags"]) == ("agent:1", "+905321234567", ["vip"])


def test_an_id_that_a_stranger_posts_opens_nothing(world: World) -> None:
    world.has_record("contact:1", **KNOWN)
    has_form(world, id="body.fields.number")
    posts_form(world, {"number": "1", "status": "lost", "other": "x"})
    assert world.records.stored["contact:1"].fields == {**KNOWN, "number": "1", "other": "x"}


@pytest.mark.parametrize("fields", [{"email": "victim@b.co"}, {"phone": "0532 123 45 67"}])
def test_a_stranger_takes_no_address_of_another(world: World, fields: dict[str, str]) -> None:
    world.has_record("contact:1", city="Izmir")
    world.has_record("contact:2", email="victim@b.co", phone="+905321234567")
    has_form(world, id="body.fields.number")
    posts_form(world, {"number": "1", **fields})
    assert world.records.stored["contact:1"].fields == {"city": "Izmir", "number": "1"}


def test_a_new_record_takes_what_was_posted(world: World) -> None:
    has_form(world)
    posts_form(world, {"email": "new@b.co", "status": "new", "consent.email": "on"})
    record = world.records.find(["email#new@b.co"])
    assert record is not None
    assert record.fields == {"email": "new@b.co", "status": "new", "consent": {"email": True}}


def test_a_proven_source_replaces_as_before(world: World) -> None:
    world.has_record("contact:1", **KNOWN)
    has_source(world, mappings=[{"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}])
    posts(world, {"email": "a@b.co", "status": "lost", "phone": "0533 765 43 21"})
    assert world.records.stored["contact:1"].fields["status"] == "lost"
    assert world.records.stored["contact:1"].fields["phone"] == "+905337654321"
