"""notify: who is told what, by which ways, each once, whatever fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.sending import FakeMessageLog
from tests.usecases.fakes.world import Killed, World
from whenthen.channels.staff.colleagues import MAX_COLLEAGUES, NO_COLLEAGUE, NOBODY_THERE, TOO_MANY
from whenthen.channels.staff.messages import NO_ADDRESS, TO
from whenthen.channels.staff.telling import FAILED, NOBODY, NOT_TOLD, TOLD, TOLD_PARTLY, TOLD_WITHOUT, UNCLEAR
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, Throttled
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.notices.notice import MAX_TEXT, MAX_TITLE
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.reason_codes import NOT_REACHED

AYSE, MERT, BUDI = "agent:ayse", "agent:mert", "agent:budi"
DOWN = NOT_REACHED(provider="SES", error="ConnectTimeoutError")


@pytest.fixture
def office(world: World) -> World:
    """A lead with its owner, the owner's manager, teams, and a customer who takes part."""
    world.has_record(AYSE, email="ayse@corp.example", manager=MERT)
    world.has_record(MERT, email="mert@corp.example")
    world.has_record(BUDI)
    world.has_record("team:sales", members=[AYSE, BUDI, "team:field"])
    world.has_record("team:field", members=[MERT])
    world.has_record("department:finance", email="finance@corp.example")
    world.has_record("contact:7", email="deniz@acme.example")
    world.has_record(
        "lead:1",
        owner=AYSE,
        name="Deniz",
        email="deniz@acme.example",
        participants=["contact:7", BUDI],
        seller="Sell@Corp.example",
        said="owner",
        picked="agent:budi",
    )
    return world


def told(world: World) -> list[str]:
    return sorted(notice.agent for notice in world.notices.kept.values())


def notify(world: World, **parameters: Any) -> Job:
    return performed(world, "notify", **{"to": "owner", "text": "Call {{ record.name }}", **parameters})


@pytest.mark.parametrize(
    ("to", "people"),
    [
        ("owner", [AYSE]),
        (["owner", "owner.manager", AYSE], [AYSE, MERT]),
        (["team:sales"], [AYSE, BUDI, MERT]),
        ("department:finance", ["department:finance"]),
        ("agent:new", ["agent:new"]),
        ("participants", [BUDI]),
        ("field:picked", [BUDI]),
        ("{{ record.picked }}", [BUDI]),
        ("Head@Corp.example", ["head@corp.example"]),
    ],
)
def test_each_colleague_gets_one_notice(office: World, to: Any, people: list[str]) -> None:
    job = notify(office, to=to)
    assert (job.status, told(office)) == (JobStatus.DONE, people)


def test_a_notice_holds_what_the_step_says_and_about_what(office: World) -> None:
    job = notify(office, title=" New\nlead ", link="https://crm.example/leads/{{ record.name }}")
    (notice,) = office.notices.kept.values()
    assert (notice.title, notice.text, notice.link) == ("New lead", "Call Deniz", "https://crm.example/leads/Deniz")
    assert (notice.record, notice.run, notice.read_at) == ("lead:1", job.run_id, None)
    assert notice.rule == office.all_runs[0].rule_id
    assert job.result == {"told": {"notice": [AYSE]}}
    assert job.reason == TOLD(delivered=[TO["notice"](to=AYSE)])


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("{{ record.said }}", NO_COLLEAGUE(value="owner")),
        ("{{ record.email }}", NO_COLLEAGUE(value="deniz@acme.example")),
        ("field:email", NO_COLLEAGUE(value="deniz@acme.example")),
        ("contact:7", NO_COLLEAGUE(value="contact:7")),
        ("record", NO_COLLEAGUE(value="lead:1")),
        ("field:nothing", NOBODY_THERE(value="field:nothing")),
        ("somebody", NO_COLLEAGUE(value="somebody")),
    ],
)
def test_nobody_but_colleagues_is_told(office: World, to: str, reason: Any) -> None:
    job = notify(office, to=to, via=["notice", "email"])
    assert (job.status, job.reason) == (JobStatus.SKIPPED, reason)
    assert (told(office), office.mailer.sent) == ([], [])


def test_a_step_that_names_nobody_says_why_of_each(office: World) -> None:
    job = notify(office, to=["contact:7", "field:absent"])
    assert job.reason == NOBODY(left_out=[NO_COLLEAGUE(value="contact:7"), NOBODY_THERE(value="field:absent")])


def test_who_is_left_out_is_said(office: World) -> None:
    job = notify(office, to=["owner", "contact:7"])
    told_them = [TO["notice"](to=AYSE)]
    assert job.reason == TOLD_WITHOUT(delivered=told_them, left_out=[NO_COLLEAGUE(value="contact:7")])


def test_the_owner_may_be_an_address(office: World) -> None:
    office.has_record("lead:1", owner="Sell@Corp.example")
    notify(office, via=["notice", "email"])
    assert told(office) == ["sell@corp.example"]
    assert [mail.to for mail in office.mailer.sent] == ["sell@corp.example"]


def test_long_texts_are_cut(office: World) -> None:
    notify(office, title="t" * 1_000, text="x" * 9_000)
    (notice,) = office.notices.kept.values()
    assert (len(notice.title), len(notice.text), notice.text[-2:]) == (MAX_TITLE, MAX_TEXT, "x…")


def test_a_text_that_is_empty_when_it_is_due_is_refused(office: World) -> None:
    job = notify(office, text="{{ record.nothing }}")
    assert (job.status, job.reason) == (JobStatus.FAILED, at("with.text", EMPTY()))


def test_too_many_colleagues_are_refused(office: World) -> None:
    office.has_record("team:all", members=[f"agent:{number}" for number in range(51)])
    job = notify(office, to="team:all")
    assert job.reason == at("with.to", TOO_MANY(count=MAX_COLLEAGUES, found=51))


def test_a_mail_goes_to_each_colleague_alone(office: World) -> None:
    job = notify(office, to="team:field", title="Offer", link="https://crm.example/1", via=["email"])
    (mail,) = office.mailer.sent
    assert (mail.sender, mail.to, mail.subject) == ("crm@example.com", "mert@corp.example", "Offer")
    assert mail.text == "Call Deniz\n\nhttps://crm.example/1"
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert (told(office), job.result) == ([], {"told": {"email": ["mert@corp.example"]}})


def test_without_a_title_the_first_line_is_the_subject(office: World) -> None:
    notify(office, text="Call  Deniz\nnow", via="email")
    assert office.mailer.sent[0].subject == "Call Deniz"


def test_a_colleague_without_an_address_is_named_and_the_others_are_told(office: World) -> None:
    job = notify(office, to=["owner", BUDI], via=["email"])
    failed = FAILED(message=TO["email"](to=BUDI), reason=NO_ADDRESS(person=BUDI))
    assert job.status is JobStatus.FAILED
    assert job.reason == TOLD_PARTLY(delivered=[TO["email"](to="ayse@corp.example")], failed=[failed])


@pytest.mark.parametrize("error", [Temporary(DOWN), Throttled(DOWN, retry_after=5)])
def test_a_way_that_fails_for_a_while_repeats_no_other(office: World, error: Temporary) -> None:
    office.mailer.will(Fails(error))
    job = notify(office, to=["owner", "owner.manager"], via=["notice", "email"])
    assert job.status is JobStatus.DONE
    assert sorted(mail.to for mail in office.mailer.sent) == ["ayse@corp.example", "mert@corp.example"]
    assert told(office) == [AYSE, MERT]


def test_a_way_that_fails_for_good_says_who_was_told_by_the_others(office: World) -> None:
    office.mailer.will(Fails(Permanent(DOWN, "MessageRejected")))
    job = notify(office, via=["notice", "email"])
    failed = FAILED(message=TO["email"](to="ayse@corp.example"), reason=DOWN)
    assert (job.status, told(office)) == (JobStatus.FAILED, [AYSE])
    assert job.reason == TOLD_PARTLY(delivered=[TO["notice"](to=AYSE)], failed=[failed])


def test_a_lost_answer_is_unknown_and_the_mail_is_not_repeated(office: World) -> None:
    office.mailer.will(Fails(AnswerLost(DOWN), taken=True))
    job = notify(office, via=["email"])
    assert (job.status, len(office.mailer.sent)) == (JobStatus.UNKNOWN, 1)
    assert job.reason == NOT_TOLD(failed=[FAILED(message=TO["email"](to="ayse@corp.example"), reason=DOWN)])


def test_a_mail_under_way_when_its_worker_died_is_unclear_and_not_repeated(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = iter([True])

    def end(*noted: Any) -> None:
        if next(dies, False):
            raise Killed
        FakeMessageLog.end(office.message_log, *noted)

    monkeypatch.setattr(office.message_log, "end", end)
    job = notify(office, to=["owner", "owner.manager"], via=["notice", "email"])
    assert [mail.to for mail in office.mailer.sent] == ["ayse@corp.example", "mert@corp.example"]
    assert (job.status, office.kills, told(office)) == (JobStatus.UNKNOWN, 1, [AYSE, MERT])
    assert job.reason is not None
    assert job.reason.params["failed"] == [FAILED(message=TO["email"](to="ayse@corp.example"), reason=UNCLEAR())]


def test_who_has_an_unclear_mail_sent_again_sends_that_one_alone(office: World) -> None:
    office.mailer.will(Fails(AnswerLost(DOWN)))
    job = notify(office, to=["owner", "owner.manager"], via=["notice", "email"])
    assert (job.status, [mail.to for mail in office.mailer.sent]) == (JobStatus.UNKNOWN, ["mert@corp.example"])
    office.clock.move(minutes=5)
    office.functions.manage_work.retry({"rule": office.all_runs[0].rule_id, "status": "unknown"}, seed="s", by="key")
    office.run_out()
    [again] = [each for each in office.runs.jobs.values() if each.id == job.id]
    assert (again.status, told(office)) == (JobStatus.DONE, [AYSE, MERT])
    assert [mail.to for mail in office.mailer.sent] == ["mert@corp.example", "ayse@corp.example"]
