"""A refusal of an address without a record holds, is taken over by records that get the address, and ends by a yes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts
from tests.usecases.records.test_import_records import done
from tests.usecases.rules import GREET, rule
from whenthen.domain.events.event import Cause, Event
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.usecases.ingest.update_consent import NOT_AGREED, REFUSED_BEFORE, Consents
from whenthen.usecases.records.save_record import SaveRecord

ADDRESS, NUMBER = "deniz@example.org", "+905059998877"
MAIL, PHONE, META = f"email#{ADDRESS}", f"phone#{NUMBER}", "whatsapp#TR.778"

REFUSALS: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("email", "email.subscription_changed", {"unsubscribed_from_all": True, "by": "link"}, (MAIL,)),
    ("email", "email.complained", {"feedback_type": "abuse"}, (MAIL,)),
    ("email", "email.bounced", {"permanent": True}, (MAIL,)),
    ("email", "email.received", {"reply": "STOP"}, (MAIL,)),
    ("sms", "sms.received", {"text": "stop"}, (PHONE,)),
    ("sms", "sms.opted_out", {}, (PHONE,)),
    ("whatsapp", "whatsapp.message_received", {"text": "dur"}, (PHONE, META)),
    ("whatsapp", "whatsapp.preference_changed", {"category": "marketing_messages", "consented": False}, (META, PHONE)),
]
YES: dict[str, tuple[str, dict[str, Any]]] = {
    "email": ("email.subscription_changed", {"unsubscribed_from_all": False, "by": "link"}),
    "sms": ("sms.received", {"text": "start"}),
    "whatsapp": ("whatsapp.message_received", {"text": "START"}),
}
FIELDS = {"email": ADDRESS, "phone": NUMBER, "whatsapp": "TR.778"}


def says(
    world: World, type_: str, data: dict[str, Any], identities: tuple[str, ...], at: datetime | None = None
) -> Event:
    """An event of one of our receivers arrives."""
    world.clock.move(seconds=1)
    number = len(world.log.plans) + int(world.clock.now().timestamp())
    event = replace(world.event(type_, f"{number}", data=data, identities=identities), time=at or world.clock.now())
    world.queues["events"].add(event)
    world.settle()
    return event


def asked(world: World, channel: str, identity: str, *, opt_in: bool = False) -> Any:
    return Consents(world.records).ask(channel, identity, "marketing", opt_in=opt_in).refused


def mailed(world: World, subject: str | None = None, **data: Any) -> Job:
    """The job of a step that names the address itself."""
    mail = {**GREET, "with": {**GREET["with"], "to": ADDRESS}}
    written = world.has_rule(rule(mail, kind=None, trigger={"event": "order.placed"}, name=f"R{len(data)}{subject}"))
    event = world.happens("order.placed", f"{subject}{world.clock.now()}", subject=subject, data=data)
    world.run_out()
    return world.job(world.run_of(event, written), "greet")


@pytest.mark.parametrize(("channel", "type_", "data", "identities"), REFUSALS, ids=[row[1] for row in REFUSALS])
def test_a_refusal_holds_for_an_address_that_no_record_has(
    world: World, channel: str, type_: str, data: dict[str, Any], identities: tuple[str, ...]
) -> None:
    says(world, type_, data, identities)
    for identity in identities:
        assert asked(world, channel, identity) == REFUSED_BEFORE(channel=channel)
        assert Consents(world.records).ask(channel, identity, "service").refused is None


def test_a_step_that_names_the_address_itself_is_skipped(world: World) -> None:
    says(world, *REFUSALS[0][1:])
    job = mailed(world)
    assert (job.status, job.reason) == (JobStatus.SKIPPED, REFUSED_BEFORE(channel="email"))
    assert world.mailer.sent == []


def by_api(world: World) -> None:
    SaveRecord(world.records, world.clock, "TR").upsert("contact", "9", FIELDS, origin="api")


def by_change(world: World) -> None:
    world.has_record("contact:9", email="old@example.com")
    SaveRecord(world.records, world.clock, "TR").patch("contact:9", FIELDS, version=None, origin="human")


def by_quiet_import(world: World) -> None:
    done(world, [{"id": "9", **FIELDS}], rules="skip")


def by_webhook(world: World) -> None:
    fields = "{email: body.email, phone: body.phone, whatsapp: body.whatsapp}"
    has_source(world, mappings=[{"type": "order.placed", "record": {"kind": "contact", "id": "'9'", "fields": fields}}])
    posts(world, FIELDS)


@pytest.mark.parametrize("entrance", [by_api, by_change, by_quiet_import, by_webhook])
@pytest.mark.parametrize(("channel", "type_", "data", "identities"), REFUSALS, ids=[row[1] for row in REFUSALS])
def test_a_record_that_gets_the_address_takes_the_refusal_over(
    world: World, entrance: Any, channel: str, type_: str, data: dict[str, Any], identities: tuple[str, ...]
) -> None:
    event = says(world, type_, data, identities)
    world.clock.move(seconds=5)
    entrance(world)
    world.settle()
    found = world.records.stored["contact:9"]
    assert found.fields["consent"] == {channel: False}
    assert (found.consent_log[-1].event, found.consent_log[-1].at) == (type_, event.time)
    assert found.quiet is (entrance is by_quiet_import)
    for identity in identities:
        assert asked(world, channel, identity) is not None


@pytest.mark.parametrize("row", REFUSALS, ids=[row[1] for row in REFUSALS])
@pytest.mark.parametrize("late", [False, True], ids=["in order", "the refusal arrives late"])
def test_a_later_yes_of_the_person_ends_it(world: World, row: Any, late: bool) -> None:
    channel, type_, data, identities = row
    type_yes, data_yes = YES[channel]
    said = world.clock.now()
    if not late:
        says(world, type_, data, identities, said)
        assert asked(world, channel, identities[0]) is not None
    says(world, type_yes, data_yes, identities)
    if late:
        says(world, type_, data, identities, said)
    assert [asked(world, channel, identity, opt_in=True) for identity in identities] == [None] * len(identities)


def test_a_yes_that_is_older_than_the_refusal_does_not_end_it(world: World) -> None:
    SaveRecord(world.records, world.clock, "TR").upsert(
        "contact", "9", {"email": "other@example.com", "consent": {"email": True}}, origin="api"
    )
    says(world, *REFUSALS[0][1:])
    SaveRecord(world.records, world.clock, "TR").patch("contact:9", {"email": ADDRESS}, version=None, origin="human")
    assert asked(world, "email", MAIL) == REFUSED_BEFORE(channel="email")
    world.settle()
    assert world.records.stored["contact:9"].fields["consent"] == {"email": False}


def test_a_record_written_with_a_yes_after_the_refusal_ends_it_for_good(world: World) -> None:
    says(world, *REFUSALS[0][1:])
    world.clock.move(seconds=5)
    SaveRecord(world.records, world.clock, "TR").upsert(
        "contact", "9", {"email": ADDRESS, "consent": {"email": True}}, origin="api"
    )
    world.settle()
    assert world.records.stored["contact:9"].fields["consent"] == {"email": True}
    world.records.delete(world.records.stored["contact:9"], cause=Cause(), origin="api")
    assert asked(world, "email", MAIL) is None
    assert asked(world, "email", MAIL, opt_in=True) == NOT_AGREED(channel="email")


@pytest.mark.parametrize("word", [None, {"email": None}])
def test_taking_a_word_back_is_no_yes(world: World, word: Any) -> None:
    says(world, *REFUSALS[0][1:])
    by_api(world)
    world.settle()
    world.clock.move(seconds=5)
    SaveRecord(world.records, world.clock, "TR").patch("contact:9", {"consent": word}, version=None, origin="human")
    assert asked(world, "email", MAIL) is not None
    world.settle()
    assert world.records.stored["contact:9"].fields["consent"] == {"email": False}


def test_an_erasure_keeps_the_refusal(world: World) -> None:
    says(world, *REFUSALS[0][1:])
    by_api(world)
    world.settle()
    world.records.delete(world.records.stored["contact:9"], cause=Cause(), origin="api")
    world.settle()
    assert asked(world, "email", MAIL) == REFUSED_BEFORE(channel="email")
    assert mailed(world).status is JobStatus.SKIPPED


def test_an_address_that_a_record_gives_up_keeps_what_it_refuses(world: World) -> None:
    by_api(world)
    says(world, *REFUSALS[0][1:])
    SaveRecord(world.records, world.clock, "TR").upsert(
        "contact", "9", {"email": "new@example.com", "other_emails": None}, origin="api"
    )
    SaveRecord(world.records, world.clock, "TR").patch(
        "contact:9",
        {name: None for name in world.records.stored["contact:9"].fields if "other" in name},
        version=None,
        origin="api",
    )
    world.settle()
    assert MAIL not in world.records.stored["contact:9"].identities
    assert asked(world, "email", MAIL) == REFUSED_BEFORE(channel="email")


def test_a_bounce_of_one_of_several_addresses_refuses_that_one_alone(world: World) -> None:
    world.has_record("contact:9", email=ADDRESS, other_emails=["second@example.com"])
    says(world, "email.bounced", {"permanent": True}, (MAIL,))
    assert "consent" not in world.records.stored["contact:9"].fields
    assert asked(world, "email", MAIL) == REFUSED_BEFORE(channel="email")
    assert asked(world, "email", "email#second@example.com") is None


def test_a_complaint_is_the_persons_word_for_all_of_their_addresses(world: World) -> None:
    world.has_record("contact:9", email=ADDRESS, other_emails=["second@example.com"])
    says(world, "email.complained", {}, (MAIL,))
    assert asked(world, "email", "email#second@example.com") is not None


def test_a_refusal_dated_ahead_is_kept_as_of_now(world: World) -> None:
    ahead = world.clock.now().replace(year=2099)
    says(world, "email.complained", {}, (MAIL,), ahead)
    says(world, *YES["email"], (MAIL,))
    assert asked(world, "email", MAIL) is None


def test_what_others_say_in_our_receivers_name_keeps_nothing(world: World) -> None:
    event = world.event("email.complained", identities=(MAIL,), source="api")
    world.functions.match_event(event)
    assert asked(world, "email", MAIL) is None


OF_ALL: list[tuple[dict[str, Any], dict[str, Any], dict[str, bool]]] = [
    ({"all": False}, {"email": True}, {"email": True, "sms": False}),
    ({"all": False}, {"all": True}, {"email": True, "sms": True}),
    ({"email": False}, {"all": True}, {"email": False, "sms": True}),
    ({"email": False}, {"sms": True}, {"email": False, "sms": True}),
    ({"email": False, "sms": False}, {"email": True}, {"email": True, "sms": False}),
]


@pytest.mark.parametrize(("refused", "agreed", "may"), OF_ALL)
@pytest.mark.parametrize("settled", [False, True], ids=["at once", "once taken over"])
def test_a_yes_ends_what_it_is_about(
    world: World, refused: dict[str, Any], agreed: dict[str, Any], may: dict[str, bool], settled: bool
) -> None:
    save = SaveRecord(world.records, world.clock, "TR")
    save.upsert("contact", "8", {"email": ADDRESS, "consent": refused}, origin="api")
    world.records.delete(world.records.stored["contact:8"], cause=Cause(), origin="api")
    world.clock.move(seconds=5)
    save.upsert("contact", "9", {"email": ADDRESS, "consent": agreed}, origin="api")
    if settled:
        world.settle()
    assert {channel: asked(world, channel, MAIL) is None for channel in may} == may


def test_a_refusal_of_all_that_is_newer_than_a_yes_of_the_record_ends_it(world: World) -> None:
    save = SaveRecord(world.records, world.clock, "TR")
    save.upsert("contact", "9", {"phone": NUMBER, "consent": {"email": True}}, origin="api")
    world.clock.move(seconds=5)
    save.upsert("contact", "8", {"email": ADDRESS, "consent": "x"}, origin="api")
    world.records.delete(world.records.stored["contact:8"], cause=Cause(), origin="api")
    save.patch("contact:9", {"email": ADDRESS, "consent": {"sms": True}}, version=None, origin="api")
    world.settle()
    assert [asked(world, channel, MAIL) is None for channel in ("email", "whatsapp")] == [False, False]
