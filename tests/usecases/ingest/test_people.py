"""People who write become contacts; people who refuse messages get none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeSettings
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.records.consent_signals import REFUSED
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.admin.manage_settings import ManageSettings

PHONE, OWN_ID = "phone#+905321234567", "whatsapp#TR.77"
HELLO: dict[str, Any] = {"id": "greet", "action": "send_whatsapp", "with": {"template": "welcome"}}


def written(world: World, external_id: str = "1", identities: tuple[str, ...] = (PHONE,), **data: Any) -> None:
    """A customer's WhatsApp message has arrived."""
    told = {"phone": PHONE.partition("#")[2]} if PHONE in identities else {}
    told |= {"user_id": OWN_ID.partition("#")[2]} if OWN_ID in identities else {}
    data = {"message_id": external_id, "kind": "text", "text": "Hello", "profile_name": "Ayşe Y.", **told, **data}
    world.happens("whatsapp.message_received", external_id, identities=identities, data=data, origin="source:whatsapp")
    world.run_out()


def contacts(world: World) -> list[dict[str, Any]]:
    return [dict(record.fields) for ref, record in world.records.stored.items() if ref.startswith("contact:")]


# --- strangers ---------------------------------------------------------------------------------------


def test_a_stranger_who_writes_on_whatsapp_becomes_a_contact_that_rules_see(world: World) -> None:
    world.records.stored.clear()
    found = world.has_rule(rule(HELLO, on="whatsapp.message_received", kind="contact"))
    written(world, identities=(PHONE, OWN_ID))
    assert contacts(world) == [{"phone": "+905321234567", "whatsapp": "TR.77", "full_name": "Ayşe Y."}]
    (run,) = world.all_runs
    assert (run.rule_id, run.record, run.status) == (found.id, next(iter(world.records.stored)), "done")


def test_a_second_message_makes_no_second_contact(world: World) -> None:
    world.records.stored.clear()
    written(world, "1")
    written(world, "2")
    assert len(contacts(world)) == 1


def test_a_customer_whose_number_is_not_told_is_known_by_their_own_id(world: World) -> None:
    written(world, identities=(OWN_ID,))
    assert contacts(world) == [{"whatsapp": "TR.77", "full_name": "Ayşe Y."}]


@pytest.mark.parametrize(("kind", "made"), [("none", []), ("lead", ["lead"]), ("contact", ["contact"])])
def test_the_installation_says_what_becomes_of_strangers(world: World, kind: str, made: list[str]) -> None:
    world.records.stored.clear()
    ManageSettings(world.settings).save("people", {"create": {"whatsapp": kind}})
    written(world)
    assert [ref.partition(":")[0] for ref in world.records.stored] == made


@pytest.mark.parametrize(
    ("automatic", "kind", "made"), [(False, "contact", 1), (True, "contact", 0), (False, "none", 0)]
)
def test_mail_makes_contacts_where_it_is_said_so_and_machines_never(
    world: World, automatic: bool, kind: str, made: int
) -> None:
    ManageSettings(world.settings).save("people", {"create": {"email": kind}})
    data = {"from": "deniz@example.com", "from_name": "Deniz", "automatic": automatic}
    world.happens("email.received", identities=("email#deniz@example.com",), data=data)
    world.run_out()
    assert contacts(world) == [{"email": "deniz@example.com", "full_name": "Deniz"}] * made


def test_a_known_person_gains_what_the_message_tells_and_keeps_their_name(world: World) -> None:
    written(world, identities=(PHONE, OWN_ID))
    assert contacts(world) == []
    fields = world.records.stored["lead:1"].fields
    assert (fields["whatsapp"], fields["first_name"], fields.get("full_name")) == ("TR.77", "Ayşe", None)
    world.records.stored["lead:1"].identities.index(OWN_ID)


def test_an_identity_of_another_record_is_taken_from_nobody(world: World) -> None:
    world.has_record("lead:2", whatsapp="TR.77")
    written(world, identities=(PHONE, OWN_ID))
    assert "whatsapp" not in world.records.stored["lead:1"].fields


def test_a_number_that_another_person_had_before_still_makes_a_new_contact(world: World) -> None:
    world.records.stored.clear()
    written(world, "1")
    (ref,) = world.records.stored
    world.changes(ref, phone="+905330000000")
    written(world, "2")
    assert [fields["phone"] for fields in contacts(world)] == ["+905330000000", "+905321234567"]


def test_a_message_is_of_the_person_with_the_id_whoever_had_the_number(world: World) -> None:
    world.records.stored.clear()
    world.has_record("contact:a", full_name="Anna", phone="+905321234567", whatsapp="TR.1")
    world.has_record("contact:b", full_name="Bora", whatsapp="TR.77")
    world.has_rule(rule(HELLO, on="whatsapp.message_received", kind="contact"))
    written(world, identities=(PHONE, OWN_ID))
    assert [run.record for run in world.all_runs] == ["contact:b"]
    assert contacts(world) == [
        {"full_name": "Anna", "phone": "+905321234567", "whatsapp": "TR.1"},
        {"full_name": "Bora", "whatsapp": "TR.77"},
    ]


def test_whoever_writes_from_a_number_of_another_person_is_another_contact_without_it(world: World) -> None:
    world.records.stored.clear()
    world.has_record("contact:a", full_name="Anna", phone="+905321234567", whatsapp="TR.1")
    world.has_rule(rule(HELLO, on="whatsapp.message_received", kind="contact"))
    for external_id in ("1", "2"):
        written(world, external_id, identities=(PHONE, OWN_ID))
    (made,) = {run.record for run in world.all_runs}
    assert made != "contact:a"
    assert contacts(world)[1:] == [{"whatsapp": "TR.77", "full_name": "Ayşe Y."}]


def test_a_number_that_becomes_free_is_the_persons_from_their_next_message_on(world: World) -> None:
    world.records.stored.clear()
    world.has_record("contact:a", full_name="Anna", phone="+905321234567", whatsapp="TR.1")
    written(world, "1", identities=(PHONE, OWN_ID))
    world.changes("contact:a", phone=None)
    written(world, "2", identities=(PHONE, OWN_ID))
    assert contacts(world)[-1] == {"whatsapp": "TR.77", "full_name": "Ayşe Y.", "phone": "+905321234567"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"create": {"whatsapp": "deal"}}, "create.whatsapp"),
        ({"create": {"telegram": "lead"}}, "create.telegram"),
        ({"x": 1}, "x"),
    ],
)
def test_settings_that_do_not_hold_are_refused_by_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ManageSettings(FakeSettings()).save("people", document)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_there_are_only_the_settings_that_something_reads() -> None:
    with pytest.raises(NotFound, match="people"):
        ManageSettings(FakeSettings()).get("colours")


# --- consent -----------------------------------------------------------------------------------------


def preference(world: World, external_id: str, *, agreed: bool, category: str = "marketing_messages") -> None:
    data = {"category": category, "value": "resume" if agreed else "stop", "consented": agreed}
    world.happens("whatsapp.preference_changed", external_id, identities=(PHONE,), data=data)
    world.run_out()


def consent(world: World, ref: str = "lead:1") -> Any:
    return world.records.stored[ref].fields.get("consent")


def greeting(world: World, step: dict[str, Any]) -> tuple[JobStatus, str]:
    made = world.has_rule(rule(step))
    event = world.happens("lead.created", str(len(world.all_runs)), subject="lead:1")
    world.run_out()
    job = world.job(world.run_of(event, made), "greet")
    return job.status, job.reason


def test_who_stops_marketing_is_written_to_no_more_on_that_channel(world: World) -> None:
    preference(world, "1", agreed=False)
    assert consent(world) == {"whatsapp": False}
    refused = REFUSED(channel="whatsapp", ref="lead:1")
    assert greeting(world, HELLO) == (JobStatus.SKIPPED, refused)
    assert world.graph.sent == []
    assert greeting(world, {**GREET, "with": {"subject": "x", "text": "x"}})[0] is JobStatus.DONE


def test_consent_is_looked_at_when_the_message_is_sent_and_not_before(world: World) -> None:
    made = world.has_rule(rule({**HELLO, "wait": {"days": 1}}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    preference(world, "1", agreed=False)
    world.run_out()
    assert world.job(world.run_of(event, made), "greet").status is JobStatus.SKIPPED


def test_a_refusal_holds_for_every_record_of_the_person(world: World) -> None:
    world.has_record("contact:7", phone="+905321234567")
    preference(world, "1", agreed=False)
    assert consent(world) == consent(world, "contact:7") == {"whatsapp": False}
    world.records.stored["lead:1"] = world.has_record("lead:1", phone="+905321234567")
    assert greeting(world, HELLO)[1] == REFUSED(channel="whatsapp", ref="contact:7")


def test_a_message_to_somebody_else_does_not_ask_the_customer(world: World) -> None:
    preference(world, "1", agreed=False)
    assert greeting(world, {**HELLO, "with": {"template": "welcome", "to": "+905330000000"}})[0] is JobStatus.DONE


def test_what_serves_the_customer_is_sent_all_the_same(world: World) -> None:
    preference(world, "1", agreed=False)
    assert greeting(world, {**HELLO, "with": {"template": "welcome", "purpose": "service"}})[0] is JobStatus.DONE


def test_an_older_word_that_arrives_late_changes_nothing(world: World) -> None:
    early = world.event("whatsapp.preference_changed", "1", identities=(PHONE,))
    world.clock.move(hours=1)
    preference(world, "2", agreed=False)
    late = {"category": "marketing_messages", "value": "resume", "consented": True}
    world.happens("whatsapp.preference_changed", "1", time=early.time, identities=(PHONE,), data=late)
    world.run_out()
    assert consent(world) == {"whatsapp": False}
    world.clock.move(hours=1)
    preference(world, "3", agreed=True)
    assert consent(world) == {"whatsapp": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("STOP", {"whatsapp": False}),
        (" stop. ", {"whatsapp": False}),
        ("Start", {"whatsapp": True}),
        ("please stop by tomorrow", None),
        ("cancel", None),
        ("", None),
    ],
)
def test_a_message_that_is_nothing_but_the_word(world: World, text: str, said: Any) -> None:
    written(world, text=text)
    assert consent(world) == said


@pytest.mark.parametrize(
    ("event_type", "data", "said"),
    [
        ("email.complained", {"feedback_type": "abuse"}, {"email": False}),
        ("email.bounced", {"permanent": True}, {"email": False}),
        ("email.bounced", {"permanent": False}, None),
        ("email.subscription_changed", {"unsubscribed_from_all": True}, {"email": False}),
        ("email.received", {"reply": "unsubscribe", "automatic": False}, {"email": False}),
        ("email.received", {"reply": "STOP\n\nAyşe Yılmaz\n0532 123 45 67", "automatic": False}, {"email": False}),
        ("email.received", {"reply": "\u202b“Stop.”\u202c", "automatic": False}, {"email": False}),
        ("email.received", {"reply": "", "subject": "Unsubscribe", "automatic": False}, {"email": False}),
        ("email.received", {"reply": "Hello,\nstop", "automatic": False}, None),
        ("email.received", {"reply": "Start!", "automatic": False}, {"email": True}),
        ("email.received", {"reply": "Start\nwith the living room", "automatic": False}, None),
        ("email.received", {"reply": "stop", "automatic": True}, None),
        ("email.received", {"reply": "Thank you!", "automatic": False}, None),
        ("whatsapp.preference_changed", {"category": "other", "consented": False}, None),
    ],
)
def test_what_counts_as_a_refusal(world: World, event_type: str, data: dict[str, Any], said: Any) -> None:
    world.happens(event_type, identities=("email#ayse@example.com",), data=data)
    world.run_out()
    assert consent(world) == said
