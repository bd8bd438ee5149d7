"""A mail of ten megabytes within the memory that template.yaml gives receive_email."""

from __future__ import annotations

import json
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.template.reading import ROOT, properties

MEASURE = """
import json, sys
from datetime import UTC, datetime
from whenthen.sources.email.inbound import mail_events
from whenthen.sources.email.mime import read_mail
from whenthen.domain.common.errors import Malformed
from whenthen.sources.email.authentication import authentication_of_headers
raw = open(sys.argv[1], "rb").read()
events, attachments, refused = (), (), None
try:
    mail = read_mail(raw)
    events = mail_events(mail, authentication_of_headers(mail, None), raw, [], (), datetime.now(UTC)).events
    attachments = mail.attachments
except Malformed as error:
    refused = error.reason.code
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "peak": int(status["VmHWM"].split()[0]) * 1024,
    "events": [event.type for event in events],
    "attached": sum(len(each.content) for each in attachments),
    "refused": refused,
}))
"""
"""`VmHWM` is the most that this program held in memory since it was started, the interpreter, its modules and the mail
itself included: what the function must have. `ru_maxrss` is not: it outlives fork and exec, so that a child reports the
peak of whoever started it. tracemalloc would see Python's own allocations only, and takes ten times as long."""


def measured(file: Path) -> dict[str, Any]:
    """Read the mail in a process of its own; return the peak of its memory in bytes and what was found."""
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", MEASURE, str(file)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "layers" / "whenthen")},
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


ONLY_LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is told by Linux")
MAX_MAIL = 39_000_000
HEAD = b"From: a@example.com\r\nTo: hello@example.com\r\n"
FLOODS: dict[str, tuple[bytes, bytes]] = {
    "short headers": (HEAD, b"X-A: b\r\n"),
    "one long header": (HEAD + b"X-A: ", b"b"),
    "a header on many lines": (HEAD + b"X-A: b\r\n", b" c\r\n"),
    "empty lines": (HEAD + b"\r\n", b"\r\n"),
    "empty lines of feeds": (HEAD + b"\r\n", b"\n"),
    "empty lines of returns": (HEAD + b"\r\n", b"\r"),
    "headers of a part": (HEAD + b"Content-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n", b"X-A: b\r\n"),
    "headers of a mail in the mail": (HEAD + b"Content-Type: message/rfc822\r\n\r\n", b"X-A: b\r\n"),
    "short lines of text": (HEAD + b"\r\n", b"a\r\n"),
}


@ONLY_LINUX
@pytest.mark.parametrize(("head", "flood"), FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_headers_or_lines_is_counted_before_it_is_parsed(tmp_path: Path, head: bytes, flood: bytes) -> None:
    file = tmp_path / "flood.eml"
    file.write_bytes(head + flood * (MAX_MAIL // len(flood)))
    found = measured(file)
    assert found["refused"] in ("inbound_mail.headers_too_large", "inbound_mail.too_many_lines")
    assert found["peak"] < 4 * MAX_MAIL, f"{found['peak'] / 1e6:.0f} MB of memory"


@ONLY_LINUX
def test_ten_megabytes_are_read_within_the_function_s_memory(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "hello@example.com", "Large"
    message.set_content("ten megabytes attached")
    message.add_attachment(b"\x00\x01" * 5_000_000, maintype="application", subtype="zip", filename="big.zip")
    file = tmp_path / "large.eml"
    file.write_bytes(message.as_bytes())
    found = measured(file)
    said = f"{file.stat().st_size / 1e6:.1f} MB of mail: {found['peak'] / 1e6:.0f} MB of memory"
    assert (found["attached"], found["events"][0]) == (10_000_000, "email.received")
    assert found["peak"] < properties("ReceiveEmail")["MemorySize"] * 2**20 / 2, said
