"""Say what the use cases need of a channel: it turns steps into effects, and an effect acts once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.rules.rule import Step
    from whenthen.domain.runs.run import Job, Outcome
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.values import RunState


class Effect(Protocol):
    """Hold an effect with everything it needs: rendered, checked and ready to be performed.

    An effect may have a `repeatable` of its own, where its channel's holds for some effects only; and `reaches`, the
    identities of all whom a message goes to, where these are more than its recipient's.
    """

    @property
    def recipient(self) -> Recipient | None:
        """Return who the message goes to. None for what is no message to a customer."""

    @property
    def receiver(self) -> str:
        """Name the system that takes it, where those of a channel fail apart from one another; empty: they do not."""

    def perform(self) -> Outcome:
        """Perform it. Raises Temporary if it did not happen, Throttled if not now, AnswerLost if it may have happened.

        Permanent or Refused if it never will. Permanent has a `code` if that is the provider's answer.
        """


class WriteOutcome(Protocol):
    """Write the outcome of a claimed job of a channel that keeps more than its status and reason."""

    def __call__(self, state: RunState, job: Job, outcome: Outcome, now: datetime) -> RunState | None:
        """Write the outcome, and return the run; None if the job changed. Raises Temporary."""


def is_repeatable(channel: Channel, effect: Effect | Outcome) -> bool:
    """Tell whether an effect may be repeated after a lost answer: it says so itself, else its channel does."""
    own: bool | None = getattr(effect, "repeatable", None)
    return channel.repeatable if own is None else own


def reached_by(effect: Effect) -> frozenset[str]:
    """Return the identities of all whom an effect reaches. Empty for what is no message to a person."""
    known = () if effect.recipient is None else (effect.recipient.identity, *effect.recipient.identities)
    return frozenset((*getattr(effect, "reaches", ()), *known))


class Channel(Protocol):
    """Turn steps into effects."""

    @property
    def repeatable(self) -> bool:
        """Tell whether the provider takes an idempotency key, so that an effect may be repeated after a lost answer."""

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> Effect | Outcome:
        """Render the step, read secrets and check them; return an outcome if there is nothing to do.

        Raises Refused or Permanent, Temporary where something cannot be read now.
        """
