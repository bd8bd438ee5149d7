"""Files of a mail: of the event, of a record, behind a URL; their names, types and bounds."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.codes import at, codes
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.adapters.providers.mail_writing import MAIL_TOO_LARGE, mime
from whenthen.channels.email.attachments import FILE_NOT_SERVED, FILES_TOO_LARGE, MAX_BYTES, NO_FILE, TOO_MANY_FILES
from whenthen.channels.email.files import file_of, name_in_disposition, safe_name
from whenthen.domain.common.errors import AnswerLost, Permanent
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.outgoing import File, HttpAnswer, Mail
from whenthen.ports.reason_codes import NO_ANSWER

PDF = b"%PDF-1.7 \xc3\x28"


def sent(
    world: World, attachments: Any, data: dict[str, Any] | None = None, source: str = "email"
) -> tuple[Job, tuple[File, ...]]:
    step = {"id": "it", "action": "send_email", "with": {"subject": "s", "text": "t", "attachments": attachments}}
    written = world.has_rule(rule(step))
    event = world.happens("lead.created", subject="lead:1", data=data or {}, source=source)
    world.run_out()
    job = world.job(world.run_of(event, written), "it")
    return job, world.mailer.sent[0].files if world.mailer.sent else ()


@pytest.fixture
def lead(world: World) -> World:
    world.has_record("lead:1", email="ayse@example.com", invoice="https://files.example/inv/5.pdf?sig=a%2Fb")
    world.objects.put("attachments/m1/1", PDF, "application/octet-stream")
    world.objects.put("inbound/m1", b"a whole mail", "message/rfc822")
    return world


def test_the_files_of_the_event_go_on(lead: World) -> None:
    listed = [{"name": "Ağustos.pdf", "type": "application/pdf", "size": 9, "key": "attachments/m1/1"}]
    job, files = sent(lead, "event", {"attachments": listed})
    assert (job.status, files) == (JobStatus.DONE, (File("Ağustos.pdf", "application/pdf", PDF),))


def test_an_event_without_files_adds_none(lead: World) -> None:
    assert sent(lead, ["event"])[0].status is JobStatus.DONE


@pytest.mark.parametrize(
    ("fields", "attachments"),
    [
        ({"file": {"key": "attachments/m1/1", "name": "a.pdf"}}, "document:9"),
        ({"key": "attachments/m1/1", "name": "a.pdf"}, ["document:9"]),
        ({"url": "https://files.example/a.pdf"}, "{{ record.paper }}"),
        ({"url": "https://files.example/x", "name": "a.pdf"}, "field:paper"),
        ({"file": {"url": "https://files.example/x", "name": "a.pdf"}}, "field:papers"),
    ],
)
def test_a_record_names_its_file(lead: World, fields: dict[str, Any], attachments: Any) -> None:
    lead.has_record("lead:1", email="ayse@example.com", paper="document:9", papers=["document:9"])
    lead.has_record("document:9", lead="lead:1", **fields)
    lead.http.answers.append(HttpAnswer(200, {"content-type": "application/pdf; charset=x"}, PDF))
    job, files = sent(lead, attachments)
    assert (job.status, files) == (JobStatus.DONE, (File("a.pdf", "application/pdf", PDF),))


@pytest.mark.parametrize(
    ("attachments", "typed"),
    [
        ("{{ record.cv }}", "document:9"),
        ("{{ event.data.cv }}", "document:9"),
        ("field:cv", "document:9"),
        ("field:cv", ["document:9"]),
        ("field:cv", {"key": "attachments/m1/1"}),
        ("field:cv", [{"key": "attachments/m1/1", "name": "cv.pdf"}]),
        ("{{ record.cv }}", "attachments/m1/1"),
    ],
)
def test_a_value_that_a_stranger_typed_takes_no_file_of_another(lead: World, attachments: str, typed: Any) -> None:
    lead.has_record("lead:1", email="stranger@example.com", cv=typed)
    lead.has_record("document:9", key="attachments/m1/1", contact="contact:victim")
    job, files = sent(lead, attachments, {"cv": typed})
    assert (job.status, files) == (JobStatus.FAILED, ())


@pytest.mark.parametrize("fields", [{"lead": "lead:1"}, {"about": ["contact:2", "lead:1"]}])
def test_a_record_that_is_about_the_run_s_own_gives_its_file(lead: World, fields: dict[str, Any]) -> None:
    lead.has_record("lead:1", email="ayse@example.com", cv="document:9")
    lead.has_record("document:9", key="attachments/m1/1", **fields)
    assert [file.content for file in sent(lead, "field:cv")[1]] == [PDF]


def test_what_a_system_reports_names_no_stored_file(lead: World) -> None:
    listed = [{"name": "a.pdf", "key": "attachments/m1/1"}]
    job, files = sent(lead, "event", {"attachments": listed}, source="shop")
    assert (job.status, files) == (JobStatus.FAILED, ())


@pytest.mark.parametrize(
    ("headers", "name", "type_"),
    [
        ({"content-type": "application/pdf"}, "5.pdf", "application/pdf"),
        ({"content-disposition": 'attachment; filename="Rechnung 5.pdf"'}, "Rechnung 5.pdf", "application/pdf"),
        ({"content-disposition": "attachment; filename*=UTF-8''A%C4%9Fustos.pdf"}, "Ağustos.pdf", "application/pdf"),
        ({"content-type": "multipart/mixed; boundary=x"}, "5.pdf", "application/octet-stream"),
        ({"content-type": "nonsense"}, "5.pdf", "application/pdf"),
    ],
)
def test_a_file_is_fetched_through_the_guarded_client(
    lead: World, headers: dict[str, str], name: str, type_: str
) -> None:
    lead.http.answers.append(HttpAnswer(200, headers, PDF))
    job, files = sent(lead, "{{ record.invoice }}")
    assert (job.status, files) == (JobStatus.DONE, (File(name, type_, PDF),))
    assert lead.http.sent[0].url == "https://files.example/inv/5.pdf?sig=a%2Fb"
    assert lead.http.sent[0].most == MAX_BYTES + 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HttpAnswer(404, {}, b""), FILE_NOT_SERVED(host="files.example", status=404)),
        (
            HttpAnswer(302, {"location": "https://x.example"}, b""),
            FILE_NOT_SERVED(host="files.example", status=302),
        ),
        (HttpAnswer(200, {}, b"x", cut=True), at("with.attachments", FILES_TOO_LARGE(most=MAX_BYTES))),
    ],
)
def test_a_file_that_cannot_be_had_fails_the_job_before_it_is_claimed(
    lead: World, answer: HttpAnswer, reason: Any
) -> None:
    lead.http.answers.append(answer)
    job, files = sent(lead, "{{ record.invoice }}")
    assert (job.status, job.reason, job.attempt, files) == (JobStatus.FAILED, reason, 0, ())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_file_that_may_come_later_is_fetched_again(lead: World, status: int) -> None:
    headers = {"retry-after": "1"}
    lead.http.answers.extend([HttpAnswer(status, headers, b""), HttpAnswer(200, {}, PDF)])
    job, files = sent(lead, "{{ record.invoice }}")
    assert (job.status, len(files)) == (JobStatus.DONE, 1)


def test_a_read_whose_answer_was_lost_is_repeated(lead: World) -> None:
    lead.http.will(Fails(AnswerLost(NO_ANSWER(provider="files.example", error="TimeoutError"))))
    assert sent(lead, "{{ record.invoice }}")[0].status is JobStatus.DONE


@pytest.mark.parametrize(
    ("attachments", "value"),
    [
        ("{{ record.word }}", "event"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("inbound/m1", "inbound/m1"),
        ("nothing", "nothing"),
    ],
)
def test_what_names_no_file_fails(lead: World, attachments: str, value: str) -> None:
    lead.has_record("lead:1", email="ayse@example.com", word="event")
    job, _ = sent(lead, attachments, {"attachments": [{"key": "attachments/m1/1"}]})
    assert job.reason == at("with.attachments", NO_FILE(value=value))


@pytest.mark.parametrize("key", ["inbound/m1", "imports/x", "", 5, None])
def test_no_other_object_of_the_bucket_is_attached(lead: World, key: Any) -> None:
    job, files = sent(lead, "event", {"attachments": [{"key": key, "name": "x"}]})
    assert (job.status, files) == (JobStatus.FAILED, ())
    assert codes(job.reason)[-1] == NO_FILE.code


def test_files_are_bounded_in_number_and_size(lead: World) -> None:
    one = {"key": "attachments/m1/1"}
    assert sent(lead, "event", {"attachments": [one] * 21})[0].reason == at(
        "with.attachments", TOO_MANY_FILES(count=20, found=21)
    )


def test_files_are_bounded_together(lead: World) -> None:
    lead.objects.put("attachments/m1/2", b"x" * (MAX_BYTES // 2), "x/y")
    listed = [{"key": "attachments/m1/2"}] * 3
    assert sent(lead, "event", {"attachments": listed})[0].reason == at(
        "with.attachments", FILES_TOO_LARGE(most=MAX_BYTES)
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\b.doc", "b.doc"),
        ("a\r\nBcc: x@y.example", "aBcc_ x@y.example"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  ..  ", "file.pdf"),
        ("", "file.pdf"),
        (None, "file.pdf"),
        ("Árvíztűrő.pdf", "Árvíztűrő.pdf"),
        ("חשבונית.pdf", "חשבונית.pdf"),
        ("x" * 300 + ".pdf", "x" * 89 + ".pdf"),
    ],
)
def test_names_are_safe_and_read_back(name: Any, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe
    mail = Mail("a@b.example", "c@d.example", "s", "t", files=(file_of(PDF, name, None),))
    read = message_from_bytes(mime(mail), policy=default)
    (part,) = read.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (safe, "application/pdf", PDF)


@pytest.mark.parametrize("type_", ["text/html", "text/plain; charset=latin-5", "message/rfc822", "image/svg+xml"])
def test_any_declared_type_is_written_byte_by_byte(type_: str) -> None:
    content = b"<p>\xff\r\n.\r\nFrom x"
    mail = Mail("a@b.example", "c@d.example", "s", "t", files=(file_of(content, "x", type_),))
    (part,) = message_from_bytes(mime(mail), policy=default).iter_attachments()
    assert part.get_payload(decode=True) == content
    assert mime(mail).isascii()


def test_a_mail_stays_below_what_ses_takes() -> None:
    files = (File("x", "application/pdf", b"x" * MAX_BYTES),)
    assert (
        len(mime(Mail("a@b.example", "c@d.example", "s", "ş" * 20_000, "<p>" + "ş" * 20_000, files=files))) < 10_000_000
    )
    with pytest.raises(Permanent) as caught:
        mime(Mail("a@b.example", "c@d.example", "s", "t", files=(*files, File("y", "a/b", b"x" * 600_000))))
    assert caught.value.reason.code == MAIL_TOO_LARGE.code


@pytest.mark.parametrize(
    ("header", "name"),
    [("inline", ""), ("attachment; filename=a.pdf; x=y", "a.pdf"), ('attachment; filename="a\\"b.pdf"', 'a"b.pdf')],
)
def test_the_name_of_a_disposition_is_read(header: str, name: str) -> None:
    assert name_in_disposition(header) == name
