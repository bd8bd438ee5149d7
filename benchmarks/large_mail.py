"""How long a mail of ten megabytes takes to be read, beside the standard library's own parser.

    python -m benchmarks.large_mail          seven rounds
    python -m benchmarks.large_mail ROUNDS   so many

Both read the same bytes in turns, in one process and one thread, with the garbage collector at rest; the best round of
each counts. The parser decodes the attachment and does no more; whenthen also makes the events of the mail.
"""

from __future__ import annotations

import email
import email.policy
import gc
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

from whenthen.sources.email.authentication import authentication_of_headers
from whenthen.sources.email.inbound import mail_events
from whenthen.sources.email.mime import read_mail

ATTACHED = 10_000_000
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def large_mail(attached: int = ATTACHED) -> bytes:
    """A mail with one attachment of so many bytes, as a client writes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "hello@example.com", "Large"
    message.set_content("a file is attached")
    message.add_attachment(b"\x00\x01" * (attached // 2), maintype="application", subtype="zip", filename="big.zip")
    return message.as_bytes()


def read_by_whenthen(raw: bytes) -> int:
    """Read it as receive_email does; return the size of its attachment."""
    mail = read_mail(raw)
    events = mail_events(mail, authentication_of_headers(mail, None), raw, [], (), NOW).events
    return len(mail.attachments[0].content) if events else 0


def read_by_the_library(raw: bytes) -> int:
    """Parse it and decode its attachment; return the size of that."""
    parts = email.message_from_bytes(raw, policy=email.policy.compat32).walk()
    return max(len(part.get_payload(decode=True) or b"") for part in parts if not part.is_multipart())


def best_of(rounds: int, raw: bytes, *readers: Callable[[bytes], int]) -> list[float]:
    """Each reader's best CPU seconds, all of them in each round."""
    best = [float("inf")] * len(readers)
    gc.disable()
    for _ in range(rounds):
        for place, read in enumerate(readers):
            started = time.thread_time()
            if read(raw) != ATTACHED:
                raise SystemExit(f"{read.__name__} did not read the attachment")
            best[place] = min(best[place], time.thread_time() - started)
    gc.enable()
    return best


def main() -> None:
    """Print both times and their ratio."""
    rounds, raw = int(sys.argv[1]) if len(sys.argv) > 1 else 7, large_mail()
    own, library = best_of(rounds, raw, read_by_whenthen, read_by_the_library)
    print(f"Python {platform.python_version()}, a mail of {len(raw) / 1e6:.1f} MB, best of {rounds} rounds, CPU time\n")
    print("| whenthen, with events | email.message_from_bytes, decoded | ratio |")
    print("|---|---|---|")
    print(f"| {own * 1e3:.0f} ms | {library * 1e3:.0f} ms | {own / library:.2f} |")


if __name__ == "__main__":
    main()
