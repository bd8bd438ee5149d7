"""The links in texts of SMS and WhatsApp: they name the channel, and unsubscribe from it alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.performing import performed
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Misconfigured
from whenthen.domain.runs.run import JobStatus
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, LinkedPerson, linked_person, unseal
from whenthen.usecases.sending.preferences import Preferences, link_keys

KEY = "k" * 43
PHONE, IDENTITY = "+36301234567", "phone#+36301234567"
BASE = "https://links.example/links"
BOTH = "{{ unsubscribe_url }} {{ preferences_url }}"
MARKETING = {"opt_out": "STOP: 1234567", "links": "always"}


@pytest.fixture
def lead(world: World) -> World:
    world.has_record("lead:1", phone=PHONE, email="ayse@example.com", consent={"sms": True, "whatsapp": True})
    return world


def done(world: World, action: str, **parameters: Any) -> None:
    job = performed(world, action, **parameters)
    assert job.status is JobStatus.DONE, job.reason


def sent_sms(world: World, **parameters: Any) -> str:
    done(world, "send_sms", **MARKETING, **parameters)
    return str(world.sms.sent[-1].text.partition("\n")[0])


def sent_whatsapp(world: World, **parameters: Any) -> Any:
    done(world, "send_whatsapp", **parameters)
    return world.graph.sent[-1][0]


def said(text: str) -> list[LinkedPerson]:
    """Return whom and which channel the two links of a text name."""
    found = []
    for url, use in zip(text.split(), (UNSUBSCRIBE, PREFERENCES), strict=True):
        base, _, token = url.rpartition("/")
        assert base == f"{BASE}/{use}"
        plain = unseal([KEY], use, token)
        assert plain is not None
        found.append(linked_person(plain))
    return found


def test_a_text_by_sms_has_both_links(lead: World) -> None:
    assert said(sent_sms(lead, text=BOTH)) == [LinkedPerson(IDENTITY, "sms")] * 2


def test_a_stored_template_by_sms_has_them_too(lead: World) -> None:
    lead.has_texts("hello", "sms", en={"text": BOTH})
    assert said(sent_sms(lead, template="hello")) == [LinkedPerson(IDENTITY, "sms")] * 2


def test_a_text_by_whatsapp_has_both_links(lead: World) -> None:
    assert said(sent_whatsapp(lead, text=BOTH)["text"]["body"]) == [LinkedPerson(IDENTITY, "whatsapp")] * 2


def test_a_stored_template_by_whatsapp_has_them_too(lead: World) -> None:
    lead.has_texts("hello", "any", en={"text": BOTH})
    body = sent_whatsapp(lead, stored_template="hello")["text"]["body"]
    assert said(body) == [LinkedPerson(IDENTITY, "whatsapp")] * 2


def test_the_values_of_an_approved_template_have_them_too(lead: World) -> None:
    message = sent_whatsapp(lead, template="welcome", parameters=["{{ unsubscribe_url }}", "{{ preferences_url }}"])
    values = [each["text"] for each in message["template"]["components"][0]["parameters"]]
    assert said(" ".join(values)) == [LinkedPerson(IDENTITY, "whatsapp")] * 2


def test_somebody_known_by_a_business_scoped_id_alone_has_them_too(world: World) -> None:
    world.has_record("lead:1", whatsapp="HU.9")
    world.has_rule(rule({"id": "it", "action": "send_whatsapp", "with": {"text": BOTH}}))
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    ((message, _),) = world.graph.sent
    assert message["recipient"] == "HU.9"
    assert said(message["text"]["body"]) == [LinkedPerson("whatsapp#HU.9", "whatsapp")] * 2


@pytest.mark.parametrize("action", ["send_sms", "send_whatsapp"])
def test_an_address_that_no_record_has_gets_no_link(lead: World, action: str) -> None:
    done(lead, action, to="+905329876543", text="x{{ unsubscribe_url }}", purpose="service")
    text = lead.sms.sent[-1].text if action == "send_sms" else lead.graph.sent[-1][0]["text"]["body"]
    assert text == "x"


@pytest.mark.parametrize("action", ["send_sms", "send_whatsapp"])
def test_a_text_without_links_reads_no_secret(lead: World, action: str) -> None:
    lead.secrets.kept["links"] = {}
    with pytest.raises(Misconfigured):
        link_keys(lead.secrets)
    done(lead, action, text="Hello", purpose="service")


@pytest.mark.parametrize(
    ("channel", "refused"),
    [("sms", {"sms": False, "whatsapp": True}), ("whatsapp", {"sms": True, "whatsapp": False})],
)
def test_a_link_unsubscribes_from_its_own_channel(lead: World, channel: str, refused: dict[str, bool]) -> None:
    text = sent_sms(lead, text=BOTH) if channel == "sms" else sent_whatsapp(lead, text=BOTH)["text"]["body"]
    token = text.split()[0].rpartition("/")[2]
    Preferences(lead.secrets, lead.records, lead.bus, lead.clock).unsubscribe(token, "page")
    lead.run_out()
    assert lead.records.stored["lead:1"].fields["consent"] == refused
