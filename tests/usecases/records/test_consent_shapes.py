"""A refusal is one in any shape and through any entrance, and no writer widens what a person allowed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts, posts_form
from tests.usecases.records.test_import_records import done
from whenthen.domain.events.event import Event
from whenthen.domain.records.consent_signals import opted_out
from whenthen.domain.records.record import Record
from whenthen.usecases.ingest.update_consent import UpdateConsent
from whenthen.usecases.records.merge_records import MergeRecords
from whenthen.usecases.records.save_record import SaveRecord

ALL = {"all": False, "email": False, "whatsapp": False, "sms": False, "audience": False}
READ: list[tuple[Any, dict[str, bool]]] = [
    (False, ALL),
    ("false", ALL),
    ("no", ALL),
    ("Hayır", ALL),
    (0, ALL),
    ("x", ALL),
    ([], {}),
    (["email"], ALL),
    ({"email": "false"}, {"email": False}),
    ({"email": "NEM"}, {"email": False}),
    ({"email": 0, "whatsapp": 1}, {"email": False, "whatsapp": True}),
    ({"email": "maybe"}, {"email": False}),
    ({"email": {"granted": True}}, {"email": False}),
    ({"E-Mail": "לא"}, {"email": False}),
    ({"email": "yes", "whatsapp": "evet", "sms": "ya"}, {"email": True, "whatsapp": True, "sms": True}),
    ({"email": None, "whatsapp": ""}, {}),
    (True, {"all": True, "email": True, "whatsapp": True, "sms": True, "audience": True}),
    (None, {}),
]


def save(world: World) -> SaveRecord:
    return SaveRecord(world.records, world.clock, "TR")


@pytest.mark.parametrize(("written", "kept"), READ, ids=range(len(READ)))
def test_a_consent_has_one_shape_through_every_entrance(written: Any, kept: dict[str, bool]) -> None:
    world = World()
    has_source(world, mappings=[{"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}])
    save(world).upsert("contact", "api", {"email": "a@b.co", "consent": written}, origin="api")
    save(world).upsert("contact", "put", {"consent": {}}, origin="api")
    save(world).patch("contact:put", {"consent": written}, version=None, origin="api")
    posts(world, {"email": "c@d.co", "consent": written})
    done(world, [{"id": "line", "consent": written}])
    for record in world.records.stored.values():
        assert record.fields.get("consent", {}) == kept, record.ref
        assert bool(opted_out("email", [record])) is (kept.get("email") is False)
    assert len(world.records.stored) == 4


CELLS = [
    ("consent", "false", ALL),
    ("consent", "hayır", ALL),
    ("consent", "x", ALL),
    ("consent.email", "nem", {"email": False}),
    ("consent.email", "evet", {"email": True}),
    ("consent.whatsapp", "?", {"whatsapp": False}),
    ("consent.email", "", {}),
]


@pytest.mark.parametrize(("column", "cell", "kept"), CELLS, ids=range(len(CELLS)))
def test_a_cell_of_an_import_says_it_for_one_channel_or_for_all(column: str, cell: str, kept: dict[str, bool]) -> None:
    world = World()
    done(world, f"id,city,{column}\na,Bursa,{cell}\n")
    assert world.records.stored["contact:a"].fields.get("consent", {}) == kept


def test_a_column_of_another_name_is_mapped_to_a_channel() -> None:
    world = World()
    done(world, "id,Newsletter\na,no\nb,yes\n", columns={"Newsletter": "consent.email"})
    kept = [world.records.stored[f"contact:{name}"].fields["consent"] for name in "ab"]
    assert kept == [{"email": False}, {"email": True}]


def test_the_fields_of_a_form_and_of_json_name_a_channel_too() -> None:
    world = World()
    save(world).upsert("contact", "1", {"consent.email": "no", "consent": {"whatsapp": True}}, origin="api")
    assert world.records.stored["contact:1"].fields["consent"] == {"email": False, "whatsapp": True}
    mapping = {"type": "form.submitted", "record": {"kind": "contact", "fields": "body.fields"}}
    world.sources.kept["site"] = {"name": "site", "scheme": "dangerous_open_form", "mappings": [mapping]}
    posts_form(world, {"email": "n@b.co", "consent.email": "off"})
    assert world.records.find(["email#n@b.co"]).fields["consent"] == {"email": False}  # type: ignore[union-attr]


@pytest.mark.parametrize("patch", [{"email": True}, {"email": "yes"}, {"consent.email": "1"}])
def test_a_word_about_one_channel_leaves_the_others(patch: dict[str, Any]) -> None:
    world = World()
    world.has_record("contact:1", consent={"whatsapp": False, "sms": True})
    written = patch if "consent.email" in patch else {"consent": patch}
    save(world).patch("contact:1", written, version=None, origin="api")
    kept = world.records.stored["contact:1"].fields["consent"]
    assert kept == {"whatsapp": False, "sms": True, "email": True}


def test_a_null_takes_back_one_word_or_all_and_a_source_takes_none_back() -> None:
    world = World()
    world.has_record("contact:1", email="a@b.co", consent={"email": False, "whatsapp": False})
    fields = "{email: body.email, consent: {email: body.optin, whatsapp: body.other}}"
    has_source(world, mappings=[{"type": "order.placed", "record": {"kind": "contact", "fields": fields}}])
    posts(world, {"email": "a@b.co"})
    assert world.records.stored["contact:1"].fields["consent"] == {"email": False, "whatsapp": False}
    save(world).patch("contact:1", {"consent": {"email": None}}, version=None, origin="human")
    assert world.records.stored["contact:1"].fields["consent"] == {"whatsapp": False}
    save(world).patch("contact:1", {"consent": None}, version=None, origin="human")
    assert "consent" not in world.records.stored["contact:1"].fields


def test_a_start_opens_one_channel_of_a_refusal_of_all() -> None:
    world = World()
    world.has_record("contact:1", email="a@b.co", consent="x")
    start = Event("1", "whatsapp", "whatsapp.message_received", world.clock.now(), data={"text": "START"})
    event = replace(start, identities=("email#a@b.co",))
    UpdateConsent(world.records, world.clock)(event)
    record = world.records.stored["contact:1"]
    assert opted_out("whatsapp", [record]) is None
    assert opted_out("email", [record]) is not None
    assert opted_out("sms", [record]) is not None


@pytest.mark.parametrize("mine", ["x", False, {"email": "no"}, {"email": 0}])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_merge_never_widens(mine: Any, swapped: bool) -> None:
    world = World()
    world.has_record("contact:1", consent={"email": True} if swapped else mine)
    world.has_record("contact:2", consent=mine if swapped else {"email": True})
    MergeRecords(world.records, world.clock)("contact:1", "contact:2", origin="human")
    assert opted_out("email", [world.records.stored["contact:1"]]) is not None


@pytest.mark.parametrize("stored", ["false", 0, "x", ["a"], {"email": "no"}, {"all": False}, {"email": 2}])
def test_what_a_store_holds_in_any_shape_is_a_refusal(stored: Any) -> None:
    assert opted_out("email", [Record("contact", "1", {"consent": stored})]) is not None
    assert json.dumps(stored)


@pytest.mark.parametrize("stored", [None, {}, "", True, "yes", {"whatsapp": False}, {"email": "ja", "all": True}])
def test_other_records_refuse_nothing_unless_a_word_is_unreadable(stored: Any) -> None:
    refused = opted_out("email", [Record("contact", "1", {"consent": stored})])
    assert (refused is not None) is (isinstance(stored, dict) and stored.get("email") == "ja")
