"""Give mail to a customer the links by which they unsubscribe and choose their channels (RFC 8058)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, seal
from whenthen.sources.outgoing_mail.mailboxes import mailbox_of
from whenthen.usecases.sending.preferences import link_keys

if TYPE_CHECKING:
    from whenthen.channels.email.recipients.choice import Recipients
    from whenthen.ports.providers import Secrets

UNSUBSCRIBE_URL, PREFERENCES_URL = "unsubscribe_url", "preferences_url"
"""Names of the links in templates."""


class Links(Struct, frozen=True):
    """Make links below `url`. `receives`: the domain whose mail reaches this stack; empty: none."""

    secrets: Callable[[], Secrets]
    url: str
    receives: str = ""

    def of(self, chosen: Recipients) -> dict[str, str]:
        """Return the links by their names in templates; empty ones unless the mail goes to one known customer.

        With several, whoever clicks would unsubscribe somebody else; of an unknown one no record could keep it.
        """
        customer = chosen.customer
        if customer is None or chosen.customers != 1 or not customer.records:
            return {UNSUBSCRIBE_URL: "", PREFERENCES_URL: ""}
        key = link_keys(self.secrets())[0]
        return {
            name: f"{self.url}/links/{use}/{seal(key, use, customer.identity)}"
            for name, use in ((UNSUBSCRIBE_URL, UNSUBSCRIBE), (PREFERENCES_URL, PREFERENCES))
        }

    def headers(self, links: dict[str, str], purpose: str, sender: str) -> dict[str, str]:
        """Return the headers by which mail programs show their own button; none for mail of service."""
        if purpose == "service" or not links[UNSUBSCRIBE_URL]:
            return {}
        ways = [f"<{links[UNSUBSCRIBE_URL]}>"]
        found = mailbox_of(sender)
        if self.receives and found and found.ascii_address.lower().endswith(f"@{self.receives.lower()}"):
            ways.append(f"<mailto:{quote(found.ascii_address, safe='@')}?subject=unsubscribe>")
        return {"List-Unsubscribe": ", ".join(ways), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
