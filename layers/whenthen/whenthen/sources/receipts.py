"""What SES says of a mail that it received: as metadata, or as the headers that it puts on top of the stored mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.errors import Invalid
from whenthen.domain.events import parse_time
from whenthen.domain.identities import email
from whenthen.sources.bodies import mapping, present, text

if TYPE_CHECKING:
    from whenthen.sources.mail import Mail

_VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")
_RESULT = re.compile(r"\b(spf|dkim|dmarc)=([a-z]+)", re.IGNORECASE)
_ENVELOPE = re.compile(r"\bfor <?([^\s<>;]{1,320})>?;")


class Receipt(Struct, frozen=True):
    """SES's word. A verdict is PASS, FAIL, GRAY, PROCESSING_FAILED or DISABLED, and absent where none was given.

    id            SES's own id of the mail, and the name of the stored object
    recipients    those of the envelope: whom the mail was really for
    verdicts      of spam, virus, spf, dkim and dmarc
    dmarc_policy  what the sender's domain wants done with mail that fails DMARC
    return_path   where errors go: empty for mail that must not be answered, None where it is not known
    """

    id: str | None = None
    time: datetime | None = None
    recipients: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    dmarc_policy: str | None = None
    return_path: str | None = None


def receipt_of_metadata(document: Mapping[str, Any]) -> Receipt:
    """Read the object with `mail` and `receipt` that SES hands to Lambda functions and SNS topics. All is optional."""
    sent, receipt = mapping(document.get("mail")), mapping(document.get("receipt"))
    recipients = receipt.get("recipients")
    return_path = mapping(sent.get("commonHeaders")).get("returnPath", sent.get("source"))
    return Receipt(
        id=text(sent.get("messageId")),
        time=_time(receipt.get("timestamp")) or _time(sent.get("timestamp")),
        recipients=_addresses(recipients if isinstance(recipients, list) else []),
        verdicts=present({name: text(mapping(receipt.get(f"{name}Verdict")).get("status")) for name in _VERDICTS}),
        dmarc_policy=text(receipt.get("dmarcPolicy")),
        return_path=return_path.strip("<> ") if isinstance(return_path, str) else None,
    )


def receipt_of_headers(mail: Mail, own_id: str | None) -> Receipt:
    """Read SES's headers of a stored mail; `own_id` is the stored object's name.

    Only the first header of each name counts: those below may be the sender's. Where a mail carries several
    DKIM signatures, one that holds is enough.
    """
    verdicts = {name: mail.header(f"x-ses-{name}-verdict").upper() for name in ("spam", "virus")}
    results = mail.header("authentication-results")
    for name, result in _RESULT.findall(results) if results.lower().startswith("amazonses.com") else ():
        if verdicts.get(name.lower()) != "PASS":
            verdicts[name.lower()] = result.upper()
    return Receipt(
        id=own_id,
        recipients=_addresses(_ENVELOPE.findall(mail.header("received"))),
        verdicts={name: verdict for name, verdict in verdicts.items() if verdict},
        return_path=mail.header("return-path").strip("<> ") if mail.has("return-path") else None,
    )


def _addresses(written: Iterable[Any]) -> tuple[str, ...]:
    found = [email(address) for address in written if isinstance(address, str)]
    return tuple(dict.fromkeys(address for address in found if address is not None))


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value, "timestamp")
    except Invalid:
        return None
