"""SMS: to whom they go, what is sent and counted, and what is not sent, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from whenthen.channels.sms.countries import NO_LINKS, NO_MARKETING, NO_OPT_OUT, NO_SENDER_IDS
from whenthen.channels.sms.effect import NO_NUMBER, REFUSED_AT_PROVIDER, TOO_MANY_PARTS
from whenthen.channels.sms.lifetime import BAD_LIFETIME
from whenthen.channels.sms.message import OPTED_OUT
from whenthen.domain.common.errors import AnswerLost, Permanent
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.reason_codes import NO_ANSWER
from whenthen.usecases.ingest.update_consent import NOT_AGREED
from whenthen.usecases.records.reason_codes import NO_PHONE

HU, TR, US, IL = "+36301234567", "+905321234567", "+12025550123", "+972501234567"
SERVICE = {"purpose": "service"}


@pytest.mark.parametrize(
    ("fields", "parameters", "number"),
    [
        ({"phone": HU}, {}, HU),
        ({"phone": HU}, {"to": "0533 765 43 21"}, "+905337654321"),
        ({}, {"to": "{{ event.data.phone }}"}, "+905320000000"),
        ({}, {}, "+905320000000"),
    ],
)
def test_an_sms_goes_to(world: World, fields: dict[str, Any], parameters: dict[str, Any], number: str) -> None:
    world.has_record("lead:1", **fields)
    job = performed(world, "send_sms", text="Hello", **SERVICE, **parameters)
    (sms,) = world.sms.sent
    assert (sms.to, sms.text, sms.sender, sms.callback) == (number, "Hello", "WHENTHEN", job.callback)
    assert (sms.marketing, sms.seconds) == (False, None)
    assert dict(job.result) == {"message_id": "sms-1", "parts": 1, "encoding": "GSM-7"}


def test_an_sms_has_its_sender_its_lifetime_and_its_parts(world: World) -> None:
    world.has_record("lead:1", phone=HU, consent={"sms": True}, name="Őri")
    job = performed(
        world, "send_sms", text="Szia {{ record.name }}" + "!" * 70, opt_out="STOP: 1234567", ttl={"hours": 2},
        **{"from": "+36205550101"},
    )  # fmt: skip
    (sms,) = world.sms.sent
    assert sms.text == "Szia Őri" + "!" * 70 + "\nSTOP: 1234567"
    assert (sms.sender, sms.seconds, sms.marketing) == ("+36205550101", 7_200, True)
    assert (job.result["parts"], job.result["encoding"]) == (2, "UCS-2")


def test_a_service_message_has_no_way_to_stop_at_its_end(world: World) -> None:
    world.has_record("lead:1", phone=HU)
    performed(world, "send_sms", text="Hello", opt_out="STOP: 1234567", **SERVICE)
    assert world.sms.sent[0].text == "Hello"


def test_a_stored_template_is_sent_in_the_customer_s_language(world: World) -> None:
    texts = {"en": {"text": "Hello"}, "hu": {"text": "Szia {{ record.name }}"}}
    document = {"name": "Hi", "channel": "sms", "texts": texts}
    world.has_template("template_1", document)
    world.has_record("lead:1", phone=HU, language="hu", name="Ida")
    performed(world, "send_sms", template="template_1", **SERVICE)
    assert world.sms.sent[0].text == "Szia Ida"


@pytest.mark.parametrize(
    ("consent", "purpose", "sent"),
    [
        ({}, "marketing", False),
        ({"sms": True}, "marketing", True),
        ({"all": True}, "marketing", True),
        ({"sms": False}, "marketing", False),
        ({"email": True}, "marketing", False),
        ({}, "service", True),
    ],
)
def test_marketing_needs_a_yes_that_was_given_before(
    world: World, consent: dict[str, bool], purpose: str, sent: bool
) -> None:
    world.has_record("lead:1", phone=HU, consent=consent)
    job = performed(world, "send_sms", text="Sale! Reply STOP to end.", purpose=purpose, **{"from": "+36205550101"})
    assert (job.status is JobStatus.DONE, len(world.sms.sent)) == (sent, int(sent))
    if not sent:
        assert job.status is JobStatus.SKIPPED
        assert job.reason == NOT_AGREED(channel="sms") or job.reason.code == "consent.refused"


YES = {"consent": {"sms": True}}


@pytest.mark.parametrize(
    ("number", "parameters", "reason"),
    [
        (TR, {"text": "Stop: RET 3389"}, NO_MARKETING(country="TR")),
        (TR, {"text": "Track it at https://a.example/1", **SERVICE}, NO_LINKS(country="TR")),
        (TR, {"text": "Track it at a-b.com/x1", **SERVICE}, NO_LINKS(country="TR")),
        (US, {"text": "Hello", **SERVICE}, NO_SENDER_IDS(country="US", sender="WHENTHEN")),
        (HU, {"text": "Sale today"}, NO_OPT_OUT(country="HU")),
        (HU, {"text": "Sale today", "from": "+36205550101"}, NO_OPT_OUT(country="HU")),
        # nobody can answer a name, nor a number of a one-way country
        (HU, {"text": "Sale! Reply STOP"}, NO_OPT_OUT(country="HU")),
        (IL, {"text": "מבצע! להסרה השיבו הסר", "from": "+972500000000"}, NO_OPT_OUT(country="IL")),
    ],
)
def test_what_a_country_does_not_let_through_is_skipped(
    world: World, number: str, parameters: dict[str, Any], reason: Reason
) -> None:
    world.has_record("lead:1", phone=number, **YES)
    job = performed(world, "send_sms", **parameters)
    assert (job.status, job.reason, world.sms.sent) == (JobStatus.SKIPPED, reason, [])


@pytest.mark.parametrize(
    ("number", "parameters"),
    [
        (TR, {"text": "Your code is 4711", **SERVICE}),
        (TR, {"text": "https://a.example/1", "links": "always", **SERVICE}),
        (US, {"text": "Sale! Text STOP to end", "from": "+12025550100"}),
        (HU, {"text": "Sale! STOP: +36 1 234 5678"}),
        (HU, {"text": "Sale! Leiratkozás: https://a.example/u"}),
        (IL, {"text": "מבצע! הסר: 1234"}),
        ("+4915112345678", {"text": "Angebot! STOP an 12345"}),
    ],
)
def test_what_a_country_lets_through_is_sent(world: World, number: str, parameters: dict[str, Any]) -> None:
    world.has_record("lead:1", phone=number, **YES)
    assert performed(world, "send_sms", **parameters).status is JobStatus.DONE


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": "{{ record.missing }}"}, at("with.text", EMPTY())),
        ({"text": "x", "to": "twelve"}, at("with.to", NO_PHONE(value="twelve"))),
        ({"text": "x" * 919}, at("with.text", TOO_MANY_PARTS(parts=7, most=6, encoding="GSM-7"))),
        ({"text": "ş" * 403}, at("with.text", TOO_MANY_PARTS(parts=7, most=6, encoding="UCS-2"))),
        ({"text": "x", "ttl": {"seconds": 4}}, at("with.ttl", BAD_LIFETIME(least=5, most=259_200))),
        ({"text": "x", "ttl": {"days": 4}}, at("with.ttl", BAD_LIFETIME(least=5, most=259_200))),
        ({"text": "x", "ttl": {"weeks": 1}}, at("with.ttl", BAD_LIFETIME(least=5, most=259_200))),
        ({"text": "x", "ttl": {"hours": "soon"}}, at("with.ttl", BAD_LIFETIME(least=5, most=259_200))),
    ],
)
def test_an_invalid_sms_is_not_sent(world: World, parameters: dict[str, Any], reason: Reason) -> None:
    world.has_record("lead:1", phone=HU)
    job = performed(world, "send_sms", **SERVICE, **parameters)
    assert (job.status, world.sms.sent, job.reason) == (JobStatus.FAILED, [], reason)


def test_a_record_without_a_number_fails_by_field(world: World) -> None:
    world.has_record("lead:2", name="A")
    written = world.has_rule(
        {"name": "R", "trigger": {"event": "lead.updated"},
         "steps": [{"id": "it", "action": "send_sms", "with": {"text": "x", **SERVICE}}]}
    )  # fmt: skip
    event = world.happens("lead.updated", subject="lead:2", data={})
    world.run_out()
    assert world.job(world.run_of(event, written), "it").reason == at("with.to", NO_NUMBER())


def test_an_opt_out_at_the_provider_is_noted_as_consent_and_the_next_message_is_skipped(world: World) -> None:
    world.has_record("lead:1", phone=HU, **YES)
    world.sms.will(Fails(Permanent(NO_NUMBER(), code=OPTED_OUT)))
    text = {"text": "Sale! STOP: 1234567"}
    first = performed(world, "send_sms", **text)
    assert (first.status, first.reason) == (JobStatus.SKIPPED, REFUSED_AT_PROVIDER(to=HU))
    record = world.records.stored["lead:1"]
    assert record.fields["consent"] == {"sms": False}
    assert [(each.event, each.agreed) for each in record.consent_log] == [("sms.opted_out", False)]


def test_a_lost_answer_is_unknown_and_not_repeated(world: World) -> None:
    world.has_record("lead:1", phone=HU)
    world.sms.will(Fails(AnswerLost(NO_ANSWER(provider="it", error="x")), taken=True))
    job = performed(world, "send_sms", text="Hello", **SERVICE)
    assert (job.status, len(world.sms.sent)) == (JobStatus.UNKNOWN, 1)
