"""Choose who a mail is from, and where answers to it go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.channels.email.recipients.choice import MAX_RECIPIENTS, TOO_MANY_RECIPIENTS
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events import identities
from whenthen.sources.outgoing_mail.mailboxes import mailbox_of

if TYPE_CHECKING:
    from whenthen.usecases.records.find_people import People, Person

# The step names a sender that the stack's parameter MailSenders does not list.
UNKNOWN_SENDER = ReasonCode("mail.unknown_sender", "value")


class Senders(Struct, frozen=True):
    """Know the senders that the function's role permits: `own`, the default, and `further`.

    parameters  of the step, as the admin wrote them: a word such as `owner` counts only there
    """

    people: People
    parameters: Mapping[str, Any]
    own: str
    further: tuple[str, ...]

    def sender(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Return the sender, and the address for answers if that is another one. Raises Invalid for one not permitted.

        A colleague whose address is no permitted sender lends the mail their name, and gets the answers.
        """
        if not text:
            return self.own, ()
        colleague = self._colleague(text, "from")
        if colleague is None:
            return self._permitted(text), ()
        if not isinstance(colleague, Reason):
            found = self._known().get(colleague.address)
            address = found or self._bare(self.own)
            return _named(colleague.name, address), () if found else (colleague.address,)
        return self.own, ()

    def reply_to(self, text: str) -> tuple[str, ...]:
        """Return the addresses for answers; empty for none. Raises Invalid if the text names none, or too many."""
        if not text:
            return ()
        found = self.people.named(text, literal=self.parameters.get("reply_to") == text)
        if isinstance(found, Reason):
            raise Invalid.field("with.reply_to", found)
        addresses = tuple(dict.fromkeys(person.address for person in found))
        if len(addresses) > MAX_RECIPIENTS:
            raise Invalid.field("with.reply_to", TOO_MANY_RECIPIENTS(count=MAX_RECIPIENTS, found=len(addresses)))
        return addresses

    def _colleague(self, text: str, name: str) -> Person | Reason | None:
        """Return the colleague that a text names, or why there is none. None if it is an address."""
        if "@" in text:
            return None
        found = self._first(text, literal=self.parameters.get(name) == text)
        if isinstance(found, Reason):
            return found if text in ("owner", "owner.manager") or ":" in text else None
        return found if found.staff else None

    def _first(self, text: str, *, literal: bool) -> Person | Reason:
        found = self.people.named(text, literal=literal)
        return found if isinstance(found, Reason) else found[0]

    def _permitted(self, text: str) -> str:
        found = mailbox_of(text)
        address = identities.email(found.address) if found else None
        if address is None or address not in self._known():
            raise Invalid.field("with.from", UNKNOWN_SENDER(value=text))
        return text

    def _known(self) -> dict[str, str]:
        """Return the permitted addresses, by their one form."""
        return {identities.email(bare) or bare: bare for bare in map(self._bare, (self.own, *self.further))}

    def _bare(self, sender: str) -> str:
        found = mailbox_of(sender)
        return found.address if found else sender


def _named(name: str, address: str) -> str:
    """Write a name before an address, unless a reader could take the name for something else."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    written = f'"{quoted}" <{address}>' if name else address
    return written if mailbox_of(written) else address
