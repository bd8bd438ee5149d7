"""A mail of ten megabytes within what template.yaml gives receive_email: measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

from tests.template.reading import ROOT, properties

MEASURE = """
import json, resource, sys, time
from datetime import UTC, datetime
from whenthen.sources.email.inbound import mail_events
from whenthen.sources.email.mime import read_mail
from whenthen.sources.email.authentication import authentication_of_headers
raw = open(sys.argv[1], "rb").read()
began = time.process_time()
mail = read_mail(raw)
events = mail_events(mail, authentication_of_headers(mail, None), raw, [], (), datetime.now(UTC)).events
print(json.dumps({
    "seconds": time.process_time() - began,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "events": [event.type for event in events],
    "attached": sum(len(each.content) for each in mail.attachments),
}))
"""


def test_ten_megabytes_are_read_within_the_functions_memory_and_time(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "hello@example.com", "Large"
    message.set_content("ten megabytes attached")
    message.add_attachment(b"\x00\x01" * 5_000_000, maintype="application", subtype="zip", filename="big.zip")
    file = tmp_path / "large.eml"
    file.write_bytes(message.as_bytes())
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", MEASURE, str(file)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "layers" / "whenthen")},
    )
    found = json.loads(ran.stdout)
    given = properties("ReceiveEmail")
    said = f"{file.stat().st_size / 1e6:.1f} MB of mail: {found['seconds']:.2f} s of CPU, {found['megabytes']:.0f} MB"
    print(said)  # noqa: T201 - a figure to look at
    assert (found["attached"], found["events"][0]) == (10_000_000, "email.received")
    assert found["megabytes"] < given["MemorySize"] / 2, said
    assert found["seconds"] < given["Timeout"] / 4, said
