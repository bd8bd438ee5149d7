"""Write the headers by which mail programs show a button to unsubscribe (RFC 8058)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from whenthen.domain.templating.syntax import UNSUBSCRIBE_URL
from whenthen.sources.outgoing_mail.mailboxes import mailbox_of

if TYPE_CHECKING:
    from whenthen.channels.email.recipients.choice import Recipients
    from whenthen.domain.sending.recipients import Recipient


def one_customer(chosen: Recipients) -> Recipient | None:
    """Return the customer whom a mail goes to. None if there are several: each would unsubscribe somebody else."""
    return chosen.customer if chosen.customers == 1 else None


def unsubscribe_headers(links: Mapping[str, str], purpose: str, sender: str, receives: str) -> dict[str, str]:
    """Return the headers; none for mail of service. `receives`: the domain whose mail reaches this stack, or empty."""
    if purpose == "service" or not links[UNSUBSCRIBE_URL]:
        return {}
    ways = [f"<{links[UNSUBSCRIBE_URL]}>"]
    found = mailbox_of(sender)
    if receives and found and found.ascii_address.lower().endswith(f"@{receives.lower()}"):
        ways.append(f"<mailto:{quote(found.ascii_address, safe='@')}?subject=unsubscribe>")
    return {"List-Unsubscribe": ", ".join(ways), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
