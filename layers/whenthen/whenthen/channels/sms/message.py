"""Define an SMS as it goes out, and what the channel needs of a provider."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Sms(Struct, frozen=True):
    """Hold one message.

    to        the number, E.164
    sender    a number, pool, sender id or ARN; empty: the provider chooses
    callback  names the run and the job, and comes back in reports
    seconds   for which the network may try; None: as long as it does by itself
    """

    to: str
    text: str
    sender: str
    callback: str
    marketing: bool = True
    seconds: int | None = None


class SmsProvider(Protocol):
    """Send messages."""

    def send(self, sms: Sms) -> str:
        """Send a message and return the provider's id. Raises Temporary (also Throttled), Permanent or AnswerLost.

        Permanent has the code OPTED_OUT if the provider keeps a list on which the recipient is.
        """


OPTED_OUT = "opted_out"
