"""receive_sms: reports settle jobs, answers stop runs, and stop words change consent, once however often they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sources.samples import sample_json
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Malformed
from whenthen.domain.runs.run import RunStatus
from whenthen.usecases.messages.receive_sms import ReceiveSms

ANSWER, STOP = sample_json("sms/inbound.json"), sample_json("sms/inbound_stop.json")
PHONE = "+36301234567"


def receives(world: World, *documents: dict[str, Any], later: timedelta = timedelta()) -> None:
    receive = ReceiveSms(world.bus, world.clock)
    for document in documents:
        receive(document, world.clock.now() + later)
    world.run_out()


def consent(world: World, ref: str = "contact:1") -> Any:
    return world.records.stored[ref].fields.get("consent")


@pytest.mark.parametrize(
    ("text", "said"),
    [("STOP", False), ("leállít", False), ("İptal", False), ("הסר", False), ("Start", True), ("Igen", None)],
)
def test_a_stop_word_changes_consent_of_every_record_with_the_number(
    world: World, text: str, said: bool | None
) -> None:
    for ref in ("contact:1", "lead:2"):
        world.has_record(ref, phone=PHONE, consent={"email": True})
    receives(world, {**STOP, "messageBody": text}, {**STOP, "messageBody": text})
    expected = {"email": True} if said is None else {"email": True, "sms": said}
    assert consent(world) == consent(world, "lead:2") == expected
    log = world.records.stored["contact:1"].consent_log
    assert [(each.event, each.identity) for each in log] == [("sms.received", f"phone#{PHONE}")] * (said is not None)


def test_an_older_stop_word_that_arrives_late_does_not_undo_a_start(world: World) -> None:
    world.has_record("contact:1", phone=PHONE)
    receives(world, {**STOP, "messageBody": "START", "inboundMessageId": "2"})
    receives(world, {**STOP, "inboundMessageId": "1"}, later=timedelta(seconds=-5))
    assert consent(world) == {"sms": True}


def test_a_short_code_changes_nobody_s_consent_and_stops_no_run(world: World) -> None:
    world.has_record("contact:1", phone=PHONE)
    receives(world, {**STOP, "originationNumber": "1777"})
    assert consent(world) is None


def test_an_answer_stops_the_run_that_waits_for_one(world: World) -> None:
    world.has_record("contact:1", phone=PHONE)
    step = {"id": "later", "action": "add_tags", "with": {"tags": ["late"]}, "wait": {"days": 2}}
    written = world.has_rule(rule(step, exit={"on": ["contact.replied"]}))
    event = world.happens("lead.created", subject="contact:1")
    world.settle()
    receives(world, ANSWER)
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_an_unknown_sender_becomes_a_record_only_if_the_settings_say_so(world: World) -> None:
    known = set(world.records.stored)
    receives(world, ANSWER)
    assert set(world.records.stored) == known
    world.settings.save("people", {"create": {"sms": "lead"}})
    receives(world, {**ANSWER, "inboundMessageId": "2"}, {**ANSWER, "originationNumber": "1777"})
    (record,) = (record for ref, record in world.records.stored.items() if ref not in known)
    assert (record.kind, record.fields["phone"]) == ("lead", PHONE)


def test_what_is_no_notification_is_malformed(world: World) -> None:
    with pytest.raises(Malformed):
        receives(world, {"hello": "world"})
