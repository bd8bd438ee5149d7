"""Appointments in mail: the layout that calendars want, and updates and cancellations of the same entry."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at, codes
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.adapters.providers.mail_writing import mime
from whenthen.channels.email.invitations import BAD_END, NO_START
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import UNKNOWN_FIELD
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.outgoing import Invitation

STARTS = {"starts_at": "{{ record.starts_at }}"}


def invited(world: World, invitation: dict[str, Any], **parameters: Any) -> Invitation:
    given = {"subject": "Meeting", "text": "See you", "invitation": invitation, **parameters}
    number = len(world.mailer.sent)
    written = world.has_rule(rule({"id": "it", "action": "send_email", "with": given}, name=f"Rule {number}"))
    event = world.happens("lead.created", str(number), subject="lead:1")
    world.run_out()
    job = world.job(world.run_of(event, written), "it")
    assert job.status is JobStatus.DONE, job.reason
    world.has_rule(rule({"id": "it", "action": "send_email", "with": given}, name=f"Rule {number}", mode="off"))
    found = world.mailer.sent[-1].invitation
    assert found is not None
    return found


@pytest.fixture
def lead(world: World) -> World:
    world.has_record("agent:ayse", email="desk@example.com", name="Ayşe Kaya")
    world.has_record(
        "lead:1",
        email="deniz@acme.example",
        owner="agent:ayse",
        starts_at="2026-04-01T10:00:00+03:00",
        day="2026-04-01",
    )
    return world


def test_times_are_moments_in_utc_and_an_hour_long_by_default(lead: World) -> None:
    found = invited(lead, STARTS)
    assert (found.starts_at, found.ends_at) == (
        datetime(2026, 4, 1, 7, tzinfo=UTC),
        datetime(2026, 4, 1, 8, tzinfo=UTC),
    )
    assert (found.title, found.cancelled) == ("Meeting", False)


@pytest.mark.parametrize(
    ("given", "ends_at"),
    [
        ({"minutes": 30}, datetime(2026, 4, 1, 7, 30, tzinfo=UTC)),
        ({"minutes": "90"}, datetime(2026, 4, 1, 8, 30, tzinfo=UTC)),
        ({"ends_at": "2026-04-01T12:00:00+03:00"}, datetime(2026, 4, 1, 9, tzinfo=UTC)),
    ],
)
def test_an_end_or_a_length_is_given(lead: World, given: dict[str, Any], ends_at: datetime) -> None:
    assert invited(lead, {**STARTS, **given}).ends_at == ends_at


def test_a_day_is_a_whole_day(lead: World) -> None:
    found = invited(lead, {"starts_at": "{{ record.day }}", "ends_at": "2026-04-02"})
    assert (found.starts_at, found.ends_at) == (date(2026, 4, 1), date(2026, 4, 3))


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"starts_at": "{{ record.none }}"}, "starts_at", NO_START),
        ({"starts_at": "soon"}, "starts_at", NO_START),
        ({"starts_at": "10:00"}, "starts_at", NO_START),
        ({**STARTS, "ends_at": "2026-04-01T06:00:00Z"}, "ends_at", BAD_END),
        ({**STARTS, "ends_at": "2026-04-02"}, "ends_at", BAD_END),
        ({**STARTS, "minutes": 0}, "minutes", BAD_END),
        ({**STARTS, "minutes": "many"}, "minutes", BAD_END),
    ],
)
def test_an_appointment_without_its_times_is_not_sent(lead: World, given: Any, field: str, code: Any) -> None:
    job = performed(lead, "send_email", subject="s", text="t", invitation=given)
    assert (job.status, lead.mailer.sent) == (JobStatus.FAILED, [])
    assert job.reason is not None
    assert job.reason.params["field"] == f"with.invitation.{field}"
    assert codes(job.reason)[-1] == code.code


def test_a_misspelt_member_is_refused_when_the_rule_is_saved(lead: World) -> None:
    step = {"id": "a", "action": "send_email", "with": {"subject": "s", "text": "t", "invitation": {"start": "x"}}}
    document = {"id": "r", "name": "r", "version": 1, "kind": "lead", "trigger": {"event": "lead.created"}}
    with pytest.raises(Invalid) as caught:
        parse_rule({**document, "steps": [step], "mode": "on"})
    (problem,) = caught.value.problems
    assert (problem.field, problem.reason.code) == ("steps[0].with.invitation.start", UNKNOWN_FIELD.code)


def test_a_later_mail_about_the_record_changes_the_same_entry(lead: World) -> None:
    first = invited(lead, STARTS)
    lead.clock.move(seconds=1)
    lead.has_record("lead:1", email="deniz@acme.example", starts_at="2026-04-02T10:00:00Z")
    second = invited(lead, {**STARTS, "cancelled": True})
    assert second.uid == first.uid
    assert second.sequence > first.sequence
    assert second.cancelled
    assert second.uid.endswith("@example.com")


def invitations_of(world: World, *invitations: dict[str, Any]) -> list[Invitation]:
    """Return what one run sends whose steps follow one another at once."""
    given = [{"subject": "s", "text": "t", "invitation": each} for each in invitations]
    steps = [{"id": f"s{place}", "action": "send_email", "with": each} for place, each in enumerate(given)]
    world.has_rule(rule(*steps, name=f"Steps {len(world.mailer.sent)}"))
    before = len(world.mailer.sent)
    world.happens("lead.created", f"all {before}", subject="lead:1")
    world.run_out()
    return [found for mail in world.mailer.sent[before:] if (found := mail.invitation) is not None]


def test_later_steps_of_one_moment_have_higher_numbers(lead: World) -> None:
    later = {"starts_at": "2026-04-02T10:00:00Z"}
    found = invitations_of(lead, STARTS, later, {**later, "minutes": 30}, {**later, "cancelled": True})
    numbers = [each.sequence for each in found]
    assert len(found) == 4
    assert len({(each.uid, each.stamp) for each in found}) == 1
    assert numbers == sorted(set(numbers))


def test_other_appointments_of_the_run_do_not_count(lead: World) -> None:
    one, other, again = invitations_of(lead, STARTS, {**STARTS, "name": "other"}, STARTS)
    assert one.uid == again.uid != other.uid
    assert one.sequence == other.sequence == again.sequence - 1


def test_another_rule_a_quarter_of_a_second_later_has_the_higher_number(lead: World) -> None:
    first = invited(lead, STARTS)
    lead.clock.move(seconds=0.25)
    assert invited(lead, {**STARTS, "minutes": 30}).sequence > first.sequence


def test_numbers_fit_the_integers_of_calendars_until_2037(lead: World) -> None:
    lead.clock.at = datetime(2036, 12, 31, 23, 59, tzinfo=UTC)
    assert 0 < invited(lead, STARTS).sequence < 2**31


def test_other_names_and_other_records_are_other_entries(lead: World) -> None:
    lead.has_record("lead:2", email="x@acme.example", starts_at="2026-04-01T10:00:00Z")
    assert invited(lead, STARTS).uid != invited(lead, {**STARTS, "name": "second"}).uid


def read(world: World) -> EmailMessage:
    message = message_from_bytes(mime(world.mailer.sent[-1]), policy=default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def test_calendars_find_the_appointment_where_they_look(lead: World) -> None:
    icalendar = pytest.importorskip("icalendar")
    title = "Görüşme; A, B\\C\nBEGIN:VEVENT " + "é" * 100
    invited(lead, {**STARTS, "title": title, "location": "Büyükdere Cd., 5"}, to=["record", "owner"], html="<p>x</p>")
    message = read(lead)
    alternatives, attached = message.iter_parts()
    assert [part.get_content_type() for part in alternatives.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    calendar_part = list(alternatives.iter_parts())[-1]
    assert calendar_part["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert (calendar_part["Content-Disposition"], calendar_part["Content-Transfer-Encoding"]) == (None, "base64")
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "invite.ics")
    content = calendar_part.get_payload(decode=True)
    assert content == attached.get_payload(decode=True)
    calendar = icalendar.Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], "METHOD" in event) == ("REQUEST", False)
    assert str(event["SUMMARY"]) == title
    assert b"DTSTART:20260401T070000Z" in content
    assert b"\r\nBEGIN:VEVENT \xc3" not in content
    assert str(event["ORGANIZER"]) == "mailto:crm@example.com"
    assert [str(each) for each in event["ATTENDEE"]] == ["mailto:deniz@acme.example", "mailto:desk@example.com"]
    assert event["ATTENDEE"][0].params["PARTSTAT"] == "NEEDS-ACTION"
    assert max(map(len, content.split(b"\r\n"))) <= 75


def test_a_cancellation_says_so_in_each_place(lead: World) -> None:
    icalendar = pytest.importorskip("icalendar")
    invited(lead, {**STARTS, "cancelled": "yes"})
    message = read(lead)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    assert (part["Content-Type"].params["method"], calendar["METHOD"]) == ("CANCEL", "CANCEL")
    assert (str(event["STATUS"]), int(event["SEQUENCE"]) > 0) == ("CANCELLED", True)


def test_a_day_is_written_as_a_date(lead: World) -> None:
    pytest.importorskip("icalendar")
    invited(lead, {"starts_at": "{{ record.day }}"})
    (part,) = [part for part in read(lead).walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert b"DTSTART;VALUE=DATE:20260401\r\n" in content
    assert b"DTEND;VALUE=DATE:20260402\r\n" in content


def test_an_appointment_is_refused_without_a_start_as_a_field(lead: World) -> None:
    job = performed(lead, "send_email", subject="s", text="t", invitation={"title": "x"})
    assert job.reason == at("with.invitation.starts_at", NO_START(value=""))
