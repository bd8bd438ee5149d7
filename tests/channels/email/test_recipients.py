"""Recipients of a mail: words, references, fields and addresses; nobody twice, and nobody who refuses."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.adapters.providers.mail_writing import mime
from whenthen.channels.email.effect import ACCEPTED, ACCEPTED_WITHOUT
from whenthen.channels.email.recipients.choice import NOBODY_LEFT, TOO_MANY_RECIPIENTS
from whenthen.domain.records.consent_signals import REFUSED
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.usecases.records.find_people import NO_ADDRESS, NOBODY_THERE
from whenthen.usecases.records.reason_codes import NO_EMAIL


@pytest.fixture
def office(world: World) -> World:
    """A lead with everybody around it."""
    world.has_record("agent:ayse", email="ayse@corp.example", first_name="Ayşe", last_name="Kaya", manager="agent:mert")
    world.has_record("agent:mert", email="desk@example.com", name="Mert, Head", consent={"email": False})
    world.has_record("agent:budi", email="budi@corp.example")
    world.has_record("team:sales", members=["agent:ayse", "agent:budi", "guest@corp.example", "team:field"])
    world.has_record("team:field", members=["agent:mert"])
    world.has_record("team:finance", email="finance@corp.example", members=["agent:ayse"])
    world.has_record("department:all", members=["team:sales", "team:finance"])
    world.has_record("company:acme", email=["office@acme.example", "second@acme.example"])
    world.has_record("contact:7", email="deniz@acme.example")
    world.has_record("contact:8", phone="+905320000001")
    world.has_record(
        "lead:1",
        email="lead@acme.example",
        owner="agent:ayse",
        company="company:acme",
        contact="contact:7",
        participants=["contact:7", "agent:budi", "Guest@Else.example", {"email": "third@else.example"}],
        billing_mail="a@acme.example; b@acme.example",
        note="nobody",
    )
    return world


def sent(world: World, **parameters: Any) -> tuple[Job, list[str]]:
    job = performed(world, "send_email", **{"subject": "s", "text": "t", **parameters})
    return job, [*world.mailer.sent[0].recipients] if world.mailer.sent else []


SALES = ["ayse@corp.example", "budi@corp.example", "guest@corp.example", "desk@example.com"]


@pytest.mark.parametrize(
    ("to", "addresses"),
    [
        ("record", ["lead@acme.example"]),
        ("contact", ["deniz@acme.example"]),
        ("company", ["office@acme.example"]),
        ("owner", ["ayse@corp.example"]),
        ("owner.manager", ["desk@example.com"]),
        ("agent:budi", ["budi@corp.example"]),
        ("contact:7", ["deniz@acme.example"]),
        ("{{ record.owner }}", ["ayse@corp.example"]),
        ("team:sales", SALES),
        ("team:finance", ["finance@corp.example"]),
        ("department:all", [*SALES, "finance@corp.example"]),
        ("participants", ["deniz@acme.example", "budi@corp.example", "guest@else.example", "third@else.example"]),
        ("field:billing_mail", ["a@acme.example", "b@acme.example"]),
        ("field:owner.manager", ["desk@example.com"]),
        ("field:company.email", ["office@acme.example", "second@acme.example"]),
        (["owner", "agent:ayse", "AYSE@corp.example", "{{ record.owner }}"], ["ayse@corp.example"]),
    ],
)
def test_words_and_references_name_people(office: World, to: Any, addresses: list[str]) -> None:
    job, found = sent(office, to=to)
    assert (job.status, found) == (JobStatus.DONE, addresses)
    assert job.reason == ACCEPTED(to=", ".join(addresses))


@pytest.mark.parametrize("word", ["contact", "company", "owner", "participants"])
def test_a_record_without_such_people_has_none(office: World, word: str) -> None:
    office.has_record("lead:1", email="x@acme.example")
    assert sent(office, to=word)[0].reason == NOBODY_THERE(value=word)


def test_copies_stand_where_they_are_named_and_nobody_gets_two(office: World) -> None:
    _, found = sent(office, to=["contact", "company"], cc=["owner", "contact"], bcc=["owner.manager", "owner"])
    assert found == ["deniz@acme.example", "office@acme.example", "ayse@corp.example", "desk@example.com"]
    (mail,) = office.mailer.sent
    written = message_from_bytes(mime(mail), policy=default)
    assert [each.addr_spec for each in written["To"].addresses] == found[:2]
    assert [each.addr_spec for each in written["Cc"].addresses] == found[2:3]
    assert written["Bcc"] is None
    assert b"desk@example.com" not in mime(mail)


def test_one_who_refuses_and_one_without_an_address_are_left_out_with_their_reasons(office: World) -> None:
    office.has_record("contact:7", email="deniz@acme.example", consent={"email": False})
    job, found = sent(office, to=["contact", "contact:8", "company", "agent:nobody", "field:note", "{{ record.none }}"])
    assert found == ["office@acme.example"]
    assert job.reason == ACCEPTED_WITHOUT(
        to="office@acme.example",
        left_out=[
            REFUSED(channel="email", ref="contact:7"),
            NOBODY_THERE(value="contact:8"),
            NOBODY_THERE(value="agent:nobody"),
            NO_EMAIL(value="nobody"),
            NO_ADDRESS(),
        ],
    )


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("field:missing", NOBODY_THERE(value="field:missing")),
        ("team:unknown", NOBODY_THERE(value="team:unknown")),
        ("{{ record.none }}", NO_ADDRESS()),
        (
            ["contact:8", "field:missing"],
            NOBODY_LEFT(left_out=[NOBODY_THERE(value="contact:8"), NOBODY_THERE(value="field:missing")]),
        ),
    ],
)
def test_a_mail_to_nobody_is_skipped_also_if_a_copy_has_somebody(office: World, to: Any, reason: Any) -> None:
    job, found = sent(office, to=to, cc="owner")
    assert (job.status, job.reason, found) == (JobStatus.SKIPPED, reason, [])


def test_a_record_without_an_address_is_skipped(office: World) -> None:
    office.has_record("lead:1", first_name="Deniz")
    job, found = sent(office)
    assert (job.status, job.reason, found) == (JobStatus.SKIPPED, NO_ADDRESS(), [])


@pytest.mark.parametrize("word", ["owner", "owner.manager", "participants", "record", "contact"])
def test_a_word_that_a_stranger_filled_in_is_no_word(office: World, word: str) -> None:
    office.has_record("lead:1", email="lead@acme.example", owner="agent:ayse", filled_in=word, participants=["a@b.co"])
    job, found = sent(office, to="{{ record.filled_in }}")
    assert (job.status, found) == (JobStatus.FAILED, [])
    assert job.reason == at("with.to", NO_EMAIL(value=word))


def test_a_field_that_a_stranger_names_is_not_read(office: World) -> None:
    office.has_record("lead:1", email="lead@acme.example", filled_in="field:secret", secret="s@corp.example")
    job, found = sent(office, to="{{ record.filled_in }}")
    assert (job.status, found) == (JobStatus.SKIPPED, [])


def test_staff_need_no_consent(office: World) -> None:
    job, found = sent(office, to="owner.manager")
    assert (job.status, found) == (JobStatus.DONE, ["desk@example.com"])


def test_a_group_that_holds_itself_ends(office: World) -> None:
    office.has_record("team:sales", members=["team:sales", "agent:budi"])
    assert sent(office, to="team:sales")[1] == ["budi@corp.example"]


@pytest.mark.parametrize(("count", "status"), [(50, JobStatus.DONE), (51, JobStatus.FAILED)])
def test_a_mail_has_at_most_fifty_recipients(office: World, count: int, status: JobStatus) -> None:
    office.has_record("team:many", members=[f"a{number}@corp.example" for number in range(count - 1)])
    job, found = sent(office, cc="team:many")
    assert (job.status, len(found)) == (status, count if status is JobStatus.DONE else 0)
    if found:
        assert max(map(len, mime(office.mailer.sent[0]).split(b"\r\n"))) < 998
    else:
        assert job.reason == at("with.to", TOO_MANY_RECIPIENTS(count=50, found=51))


@pytest.mark.parametrize(
    ("sender", "name", "address", "answers"),
    [
        ("owner", "Ayşe Kaya", "crm@example.com", "ayse@corp.example"),
        ("owner.manager", "Mert, Head", "desk@example.com", None),
        ("agent:budi", "", "crm@example.com", "budi@corp.example"),
        ("{{ record.owner }}", "Ayşe Kaya", "crm@example.com", "ayse@corp.example"),
        ("agent:nobody", "", "crm@example.com", None),
    ],
)
def test_a_colleague_is_the_sender(office: World, sender: str, name: str, address: str, answers: str | None) -> None:
    sent(office, **{"from": sender})
    written = message_from_bytes(mime(office.mailer.sent[0]), policy=default)
    (read,) = written["From"].addresses
    assert (read.display_name, read.addr_spec) == (name, address)
    assert (written["Reply-To"] and written["Reply-To"].addresses[0].addr_spec) == answers


def test_answers_go_to_whom_the_step_names(office: World) -> None:
    sent(office, **{"from": "owner", "reply_to": "owner.manager"})
    assert office.mailer.sent[0].reply_to == ("desk@example.com",)


@pytest.mark.parametrize("sender", ["contact:7", "contact", "{{ record.note }}"])
def test_no_customer_is_a_sender(office: World, sender: str) -> None:
    job, found = sent(office, **{"from": sender})
    assert (job.status, found) == (JobStatus.FAILED, [])


def test_a_name_that_reads_as_an_address_is_left_out_of_the_sender(office: World) -> None:
    office.has_record("agent:ayse", email="ayse@corp.example", name="=?utf-8?q?ceo=40bank.example?=")
    sent(office, **{"from": "owner"})
    (read,) = message_from_bytes(mime(office.mailer.sent[0]), policy=default)["From"].addresses
    assert (read.display_name, read.addr_spec) == ("", "crm@example.com")


SEVERAL = [
    "x@acme.example, y@acme.example",
    "X@acme.example;y@acme.example,",
    " x@acme.example ,agent:none, y@acme.example",
]


@pytest.mark.parametrize("value", SEVERAL)
@pytest.mark.parametrize("to", ["field:mails", "{{ record.mails }}", "{{ event.data.mails }}"])
@pytest.mark.parametrize("place", ["to", "cc", "bcc"])
def test_one_text_lists_several_addresses_by_whichever_way_it_comes(
    world: World, value: str, to: str, place: str
) -> None:
    world.has_record("lead:1", email="lead@acme.example", mails=value)
    parameters = {"subject": "s", "text": "t", place: to}
    written = world.has_rule(rule({"id": "it", "action": "send_email", "with": parameters}))
    event = world.happens("lead.created", subject="lead:1", data={"mails": value})
    world.run_out()
    assert world.job(world.run_of(event, written), "it").status is JobStatus.DONE
    (mail,) = world.mailer.sent
    own = [] if place == "to" else ["lead@acme.example"]
    assert list(mail.recipients) == [*own, "x@acme.example", "y@acme.example"]


def test_who_refuses_is_left_out_of_a_list_in_one_text(world: World) -> None:
    world.has_record("lead:1", email="lead@acme.example", mails="x@acme.example, y@acme.example")
    world.has_record("contact:2", email="y@acme.example", consent={"email": False})
    job, found = sent(world, to="{{ record.mails }}")
    assert found == ["x@acme.example"]
    left_out = [REFUSED(channel="email", ref="contact:2")]
    assert job.reason == ACCEPTED_WITHOUT(to="x@acme.example", left_out=left_out)


@pytest.mark.parametrize("to", ["field:mails", "{{ record.mails }}"])
@pytest.mark.parametrize("value", ["no one@, @acme.example", "a b@c; d"])
def test_a_list_without_an_address_fails_and_names_the_first(world: World, to: str, value: str) -> None:
    world.has_record("lead:1", email="lead@acme.example", mails=value)
    job, found = sent(world, to=to)
    assert (job.status, found) == (JobStatus.FAILED, [])
    assert job.reason == at("with.to", NO_EMAIL(value=value.replace(";", ",").split(",")[0]))


@pytest.mark.parametrize("value", ["owner, x@acme.example", "field:secret; x@acme.example", "team:sales"])
def test_a_word_within_a_list_that_a_template_gives_is_none(office: World, value: str) -> None:
    office.has_record("lead:1", email="lead@acme.example", owner="agent:ayse", secret="s@acme.example", mails=value)
    _, found = sent(office, to="{{ record.mails }}")
    assert found == (SALES if value == "team:sales" else ["x@acme.example"])


@pytest.mark.parametrize(
    ("to", "fields"),
    [
        (["{{ record.watchers }}"], {"watchers": []}),
        ("{{ record.watchers }}", {"watchers": []}),
        ("field:watchers", {"watchers": []}),
        (["{{ record.watchers }}", "{{ record.others }}"], {"watchers": [], "others": []}),
    ],
)
def test_a_list_of_nobody_is_nobody_and_not_the_customer(world: World, to: Any, fields: dict[str, Any]) -> None:
    world.has_record("lead:1", email="ayse@example.com", **fields)
    job = performed(world, "send_email", to=to, subject="Internal", text="x", purpose="service")
    assert (job.status, world.mailer.sent) == (JobStatus.SKIPPED, [])


def test_a_copy_to_a_list_of_nobody_leaves_the_others(world: World) -> None:
    world.has_record("lead:1", email="ayse@example.com", watchers=[])
    job = performed(world, "send_email", cc="{{ record.watchers }}", subject="s", text="x", purpose="service")
    assert (job.status, len(world.mailer.sent)) == (JobStatus.DONE, 1)


LISTED = [
    ("team:sales", SALES),
    ("a@acme.example, B@acme.example; a@acme.example", ["a@acme.example", "b@acme.example"]),
]


@pytest.mark.parametrize(("reply_to", "answers"), LISTED)
def test_answers_may_go_to_several(office: World, reply_to: str, answers: list[str]) -> None:
    sent(office, reply_to=reply_to)
    assert list(office.mailer.sent[0].reply_to) == answers


@pytest.mark.parametrize("host", ["-b.example", "b_c.example", f"{'d' * 64}.example", "b..example"])
def test_an_address_that_no_host_can_have_costs_the_others_no_mail(world: World, host: str) -> None:
    world.has_record("lead:1", email="lead@acme.example")
    job, found = sent(world, to=["record", f"x@{host}"], cc=f"y@{host}")
    assert (job.status, found) == (JobStatus.DONE, ["lead@acme.example"])


@pytest.mark.parametrize("name", ["thief@evil.example,", "x; thief@evil.example,", '"thief@evil.example,'])
@pytest.mark.parametrize("place", ["to", "cc", "bcc", "reply_to"])
def test_a_name_before_an_address_names_nobody(world: World, place: str, name: str) -> None:
    world.has_record("lead:1", email="lead@acme.example", full_name=name)
    sent(world, **{place: "{{ record.full_name }} <desk@acme.example>"})
    for mail in world.mailer.sent:
        assert list(mail.recipients) == ["lead@acme.example"]
        assert mail.reply_to == ()


@pytest.mark.parametrize(
    ("value", "subject"),
    [("a\x00b\x1b", "ab"), ("half \ud83d", "half \ufffd"), ("a\tb\u2028c\x0bd", "a b c d"), ("a\x7f\x9f", "a\x9f")],
)
def test_no_character_of_a_value_costs_the_mail_by_its_subject(world: World, value: str, subject: str) -> None:
    world.has_record("lead:1", email="lead@acme.example", note=value)
    job, _ = sent(world, subject="{{ record.note }}")
    assert (job.status, world.mailer.sent[0].subject) == (JobStatus.DONE, subject)
