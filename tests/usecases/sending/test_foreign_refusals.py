"""A link proves one address on one channel: it takes back no refusal that was said elsewhere, or by somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from whenthen.domain.events.event import Event
from whenthen.domain.records.consent_log import ConsentWord
from whenthen.domain.sending.sealed_links import PREFERENCES, LinkedPerson, seal
from whenthen.usecases.sending.preferences import Choices, Preferences

KEY = "k" * 43
MAIL, PHONE, OTHER_PHONE = "fatma@example.com", "+905320000000", "+905329999999"
LINKS = [(f"email#{MAIL}", "email"), (f"phone#{PHONE}", "sms"), (f"phone#{PHONE}", "whatsapp")]
EVERYTHING = ("email", "whatsapp", "sms", "audience")


def preferences(world: World) -> Preferences:
    return Preferences(world.secrets, world.records, world.bus, world.clock)


def token(identity: str, channel: str) -> str:
    return seal(KEY, PREFERENCES, LinkedPerson(identity, channel).text)


def chosen(world: World, *wanted: str, identity: str = f"email#{MAIL}", channel: str = "email") -> Choices:
    """Send the form of a link with these boxes ticked, and let the choice reach the records."""
    choices = preferences(world).choose(token(identity, channel), wanted, "page")
    world.run_out()
    return choices


def by_link(world: World) -> list[Event]:
    return [event for event in world.bus.published if event.data.get("by") == "link"]


def consent(world: World, ref: str) -> Any:
    return world.records.stored[ref].fields.get("consent")


def stops(world: World, phone: str, kind: str = "sms.received") -> None:
    world.happens(kind, f"stop-{phone}", identities=(f"phone#{phone}",), data={"text": "STOP"})
    world.run_out()
    world.clock.move(seconds=60)


@pytest.mark.parametrize(("kind", "channel"), [("sms.received", "sms"), ("whatsapp.message_received", "whatsapp")])
def test_mail_takes_back_no_stop_of_the_phone(world: World, kind: str, channel: str) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    stops(world, PHONE, kind)
    choices = chosen(world, *EVERYTHING)
    assert (choices.channels[channel], choices.locked) == (False, frozenset({channel}))
    assert consent(world, "contact:1") == {channel: False}
    assert by_link(world) == []


def test_mail_takes_back_no_stop_of_a_record_that_shares_the_phone(world: World) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    world.has_record("contact:2", email="mehmet@example.com", phone=PHONE, consent={"sms": False})
    choices = chosen(world, *EVERYTHING)
    assert (choices.channels["sms"], choices.locked) == (False, frozenset({"sms"}))
    assert (consent(world, "contact:1"), consent(world, "contact:2")) == (None, {"sms": False})


@pytest.mark.parametrize("wanted", [EVERYTHING, ()])
def test_a_mailbox_of_two_people_says_nothing_for_their_phones(world: World, wanted: tuple[str, ...]) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    world.has_record("contact:2", email=MAIL, phone=OTHER_PHONE)
    stops(world, OTHER_PHONE)
    choices = chosen(world, *wanted)
    assert choices.channels == {"email": "email" in wanted}
    assert [event.type for event in by_link(world)] == ([] if wanted else ["email.subscription_changed"])
    assert consent(world, "contact:2")["sms"] is False
    assert "sms" not in (consent(world, "contact:1") or {})


def test_records_that_may_be_of_one_person_count_together(world: World) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE, other_phones=[OTHER_PHONE])
    world.has_record("lead:1", email=MAIL, phone=OTHER_PHONE)
    world.has_record("lead:2", email=MAIL)
    assert chosen(world, "email").channels == {"email": True, "whatsapp": False, "sms": False}
    assert consent(world, "contact:1") == consent(world, "lead:1") == {"whatsapp": False, "sms": False}
    assert consent(world, "lead:2") is None


@pytest.mark.parametrize(("identity", "channel"), LINKS)
def test_a_link_takes_back_a_refusal_on_its_own_channel_alone(world: World, identity: str, channel: str) -> None:
    refused = dict.fromkeys(EVERYTHING, False)
    world.has_record("contact:1", email=MAIL, phone=PHONE, consent=refused)
    choices = chosen(world, *EVERYTHING, identity=identity, channel=channel)
    assert consent(world, "contact:1") == {**refused, channel: True}
    assert choices.channels == {**refused, channel: True}
    assert choices.locked == set(EVERYTHING) - {channel}


@pytest.mark.parametrize(("identity", "channel"), LINKS)
def test_a_link_refuses_on_every_channel_that_is_shown(world: World, identity: str, channel: str) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE, consent={"audience": True})
    assert chosen(world, identity=identity, channel=channel).channels == dict.fromkeys(EVERYTHING, False)
    assert consent(world, "contact:1") == dict.fromkeys(EVERYTHING, False)


def test_a_refusal_of_audiences_reaches_every_address_of_the_person(world: World) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE, consent={"all": True})
    world.has_record("lead:7", phone=PHONE, consent={"audience": True})
    chosen(world, "email", "sms", "whatsapp")
    assert consent(world, "contact:1") == {"all": True, "audience": False}
    assert consent(world, "lead:7") == {"audience": False}


@pytest.mark.parametrize(("said", "shown"), [(None, None), ({"email": True}, None), ({"all": True}, True)])
def test_audiences_are_shown_to_who_spoke_of_them(world: World, said: Any, shown: bool | None) -> None:
    world.has_record("contact:1", email=MAIL, **({"consent": said} if said else {}))
    assert preferences(world).read(PREFERENCES, token(f"email#{MAIL}", "email")).channels.get("audience") is shown


def test_a_refusal_before_the_record_was_deleted_is_taken_back_by_the_link_of_its_channel_alone(world: World) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    word = ConsentWord(agreed=False, at=world.clock.now())
    world.records.keep_word(f"email#{MAIL}", "email", word)
    world.records.keep_word(f"phone#{PHONE}", "sms", word)
    world.clock.move(seconds=60)
    choices = chosen(world, *EVERYTHING)
    assert choices.channels == {"email": True, "whatsapp": True, "sms": False}
    assert consent(world, "contact:1") == {"email": True, "sms": False}


def test_one_number_of_two_that_refused_keeps_the_other_free_to_refuse(world: World) -> None:
    world.has_record("contact:1", email=MAIL, phone=PHONE, other_phones=[OTHER_PHONE])
    world.has_record("contact:2", email="mehmet@example.com", phone=OTHER_PHONE, consent={"sms": False})
    assert chosen(world, *EVERYTHING).channels["sms"] is True
    assert by_link(world) == []
    chosen(world, "email", "whatsapp")
    assert [event.identities for event in by_link(world)] == [(f"phone#{PHONE}",)]
    assert consent(world, "contact:1") == {"sms": False}
