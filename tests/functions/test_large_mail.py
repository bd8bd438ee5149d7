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
from whenthen.sources.email.authentication import authentication_of_headers
raw = open(sys.argv[1], "rb").read()
mail = read_mail(raw)
events = mail_events(mail, authentication_of_headers(mail, None), raw, [], (), datetime.now(UTC)).events
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "peak": int(status["VmHWM"].split()[0]) * 1024,
    "events": [event.type for event in events],
    "attached": sum(len(each.content) for each in mail.attachments),
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


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is told by Linux")
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
