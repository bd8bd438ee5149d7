"""The links in mail: one click to unsubscribe, for one customer alone."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.channels.performing import performed
from tests.usecases.fakes.world import World
from whenthen.adapters.providers.mail_writing import mime
from whenthen.channels.email.unsubscribing import unsubscribe_headers
from whenthen.domain.runs.run import JobStatus
from whenthen.domain.sending.recipients import Recipient
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, unseal
from whenthen.ports.outgoing import Mail
from whenthen.usecases.sending.links import Links

KEY = "k" * 43


@pytest.fixture
def lead(world: World) -> World:
    world.has_record("lead:1", email=f"{'a' * 60}@example.com", owner="agent:ayse")
    world.has_record("agent:ayse", email="ayse@corp.example")
    return world


def sent(world: World, **parameters: Any) -> Mail:
    job = performed(world, "send_email", **{"subject": "s", "text": "{{ unsubscribe_url }}", **parameters})
    assert job.status is JobStatus.DONE, job.reason
    (mail,) = world.mailer.sent
    return mail


def test_the_header_is_written_as_it_is_and_names_the_customer_to_us_alone(lead: World) -> None:
    mail = sent(lead)
    raw = mime(mail)
    found = message_from_bytes(raw, policy=default)
    assert b"=?" not in raw
    matched = re.fullmatch(r"<(https://links\.example/links/unsubscribe/[A-Za-z0-9_-]+)>", found["List-Unsubscribe"])
    assert matched is not None
    url = matched[1]
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert unseal([KEY], UNSUBSCRIBE, url.rpartition("/")[2]) == f"email#{'a' * 60}@example.com"
    assert mail.text == url
    assert raw.count(b"\nList-Unsubscribe: <https://links.example/links/unsubscribe/") == 1


def test_the_page_of_channels_has_a_link_of_its_own(lead: World) -> None:
    token = sent(lead, html="<a href='{{ preferences_url }}'>x</a>").html.partition("preferences/")[2].partition("'")[0]
    assert unseal([KEY], PREFERENCES, token) == f"email#{'a' * 60}@example.com"
    assert unseal([KEY], UNSUBSCRIBE, token) is None


def test_service_mail_has_the_link_in_its_text_and_no_header(lead: World) -> None:
    mail = sent(lead, purpose="service")
    assert "List-Unsubscribe" not in mail.headers
    assert mail.text.startswith("https://links.example/links/unsubscribe/")


@pytest.mark.parametrize("to", ["owner", ["record", "second@example.com"], "nobody@known.example"])
def test_mail_that_is_not_to_one_known_customer_has_no_link(lead: World, to: Any) -> None:
    mail = sent(lead, to=to)
    assert (mail.text, "List-Unsubscribe" in mail.headers) == ("", False)


def test_a_colleague_in_copy_takes_no_link_away(lead: World) -> None:
    assert "List-Unsubscribe" in sent(lead, cc="owner").headers


@pytest.mark.parametrize(
    ("receives", "sender", "written"),
    [
        ("in.example.com", "Desk <desk@in.example.com>", ", <mailto:desk@in.example.com?subject=unsubscribe>"),
        ("in.example.com", "a+b@IN.example.com", ", <mailto:a%2Bb@in.example.com?subject=unsubscribe>"),
        ("in.example.com", "desk@example.com", ""),
        ("", "desk@example.com", ""),
    ],
)
def test_a_mail_to_unsubscribe_is_offered_where_mail_is_received(
    world: World, receives: str, sender: str, written: str
) -> None:
    customer = Recipient("email#a@b.example", ({"email": "a@b.example"},))
    found = Links(lambda: world.secrets, "https://links.example").of(customer, "email")
    header = unsubscribe_headers(found, "marketing", sender, receives)["List-Unsubscribe"]
    assert header.lower() == f"<{found['unsubscribe_url']}>{written}".lower()
