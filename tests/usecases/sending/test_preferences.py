"""Customers unsubscribe and choose their channels by a link; the choice reaches their records and the next mail."""

from __future__ import annotations

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Misconfigured, NotFound
from whenthen.domain.records.consent_signals import REFUSED
from whenthen.domain.runs.run import JobStatus
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, seal
from whenthen.usecases.sending.preferences import Preferences, link_keys

KEY = "k" * 43
IDENTITY = "email#ayse@example.com"


@pytest.fixture
def preferences(world: World) -> Preferences:
    world.has_record("contact:1", email="ayse@example.com", phone="+905320000000", language="tr")
    world.has_record("lead:1", email="ayse@example.com")
    return Preferences(world.secrets, world.records, world.bus, world.clock)


def test_a_click_unsubscribes_every_record_with_the_address(world: World, preferences: Preferences) -> None:
    choices = preferences.unsubscribe(seal(KEY, UNSUBSCRIBE, IDENTITY), "one_click")
    assert choices.language == "tr"
    world.run_out()
    for ref in ("contact:1", "lead:1"):
        assert world.records.stored[ref].fields["consent"]["email"] is False
    assert "whatsapp" not in world.records.stored["contact:1"].fields["consent"]


def test_the_next_marketing_mail_is_skipped_and_service_is_sent(world: World, preferences: Preferences) -> None:
    preferences.unsubscribe(seal(KEY, UNSUBSCRIBE, IDENTITY), "page")
    world.run_out()
    steps = [
        {"id": "news", "action": "send_email", "with": {"subject": "s", "text": "t"}},
        {"id": "receipt", "action": "send_email", "with": {"subject": "s", "text": "t", "purpose": "service"}},
    ]
    written = world.has_rule(rule(*steps))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert world.job(state, "news").status is JobStatus.SKIPPED
    assert world.job(state, "news").reason == REFUSED(channel="email", ref="contact:1")
    assert world.job(state, "receipt").status is JobStatus.DONE


def test_the_page_shows_what_reaches_the_person_and_what_they_said(world: World, preferences: Preferences) -> None:
    token = seal(KEY, PREFERENCES, IDENTITY)
    assert preferences.read(PREFERENCES, token).channels == {"email": True, "whatsapp": True, "sms": True}
    world.has_record("lead:1", email="ayse@example.com", consent={"all": False})
    assert preferences.read(PREFERENCES, token).channels == {"email": False, "whatsapp": False, "sms": False}


def test_a_choice_changes_what_differs_and_nothing_else(world: World, preferences: Preferences) -> None:
    token = seal(KEY, PREFERENCES, IDENTITY)
    preferences.choose(token, ["email", "sms"], "page")
    assert [event.type for event in world.bus.published] == ["whatsapp.preference_changed"]
    world.run_out()
    assert world.records.stored["contact:1"].fields["consent"] == {"whatsapp": False}
    chosen = preferences.choose(token, ["email", "sms"], "page")
    assert chosen.channels == {"email": True, "whatsapp": False, "sms": True}
    assert [event.type for event in world.bus.published].count("whatsapp.preference_changed") == 1


def test_sms_is_stopped_and_wanted_again_by_a_link_that_came_by_sms(world: World, preferences: Preferences) -> None:
    token = seal(KEY, PREFERENCES, "sms phone#+905320000000")
    for wanted in (["email", "whatsapp"], ["email", "whatsapp", "sms"]):
        preferences.choose(token, wanted, "page")
        world.run_out()
        world.clock.move(seconds=5)
        assert world.records.stored["contact:1"].fields["consent"] == {"sms": "sms" in wanted}


def test_who_comes_back_gets_mail_again(world: World, preferences: Preferences) -> None:
    preferences.unsubscribe(seal(KEY, UNSUBSCRIBE, IDENTITY), "page")
    world.run_out()
    world.clock.move(seconds=5)
    preferences.choose(seal(KEY, PREFERENCES, IDENTITY), ["email", "whatsapp", "pigeon"], "page")
    world.run_out()
    assert world.records.stored["lead:1"].fields["consent"]["email"] is True


def test_two_clicks_of_one_moment_are_one_event_and_a_later_one_counts(world: World, preferences: Preferences) -> None:
    token = seal(KEY, UNSUBSCRIBE, IDENTITY)
    for seconds in (0, 0, 60):
        world.clock.move(seconds=seconds)
        preferences.unsubscribe(token, "one_click")
    assert len({event.id for event in world.bus.published}) == 2


def test_a_choice_says_by_what_it_was_made(world: World, preferences: Preferences) -> None:
    preferences.unsubscribe(seal(KEY, UNSUBSCRIBE, IDENTITY), "one_click")
    (event,) = world.bus.published
    assert (event.data["by"], event.data["way"], event.source) == ("link", "one_click", "email")


@pytest.mark.parametrize(
    "token", ["", "x" * 60, seal(KEY, PREFERENCES, IDENTITY), seal("o" * 43, UNSUBSCRIBE, IDENTITY)]
)
def test_a_foreign_link_changes_nothing(world: World, preferences: Preferences, token: str) -> None:
    with pytest.raises(NotFound):
        preferences.unsubscribe(token, "page")
    assert world.bus.published == []


def test_links_of_a_replaced_key_still_work(world: World, preferences: Preferences) -> None:
    world.secrets.kept["links"] = {"key": "n" * 43, "former": [KEY]}
    assert preferences.unsubscribe(seal(KEY, UNSUBSCRIBE, IDENTITY), "page").identity == IDENTITY


@pytest.mark.parametrize("secret", [{}, {"key": "short"}, {"key": 5}, {"former": "x" * 43}])
def test_a_secret_without_a_key_makes_no_links(world: World, secret: dict[str, object]) -> None:
    world.secrets.kept["links"] = secret
    with pytest.raises(Misconfigured):
        link_keys(world.secrets)
