"""Let customers say by a link in a message on which channels they want messages.

A choice becomes an event, as a provider reports one: `update_consent` writes it to every record of the person, and the
timeline shows who changed what, when and how.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Misconfigured, NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.consent_signals import BY_LINK
from whenthen.domain.records.record import identities_of
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, unseal
from whenthen.ports.reason_codes import SECRET_UNREADABLE

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import Secrets
    from whenthen.ports.records import RecordStore

SECRET = "links"  # noqa: S105 - the name of one
MAX_KEYS = 5

# The link is not whole, or its key was taken out of use.
UNKNOWN_LINK = ReasonCode("link.unknown")

_KINDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "whatsapp": ("phone", "whatsapp"),
    "sms": ("phone",),
}
"""Channel → the kinds of identity by which it reaches a person."""

_TYPES = {
    "email": "email.subscription_changed",
    "whatsapp": "whatsapp.preference_changed",
    "sms": "sms.preference_changed",
}


class Choices(Struct, frozen=True):
    """Hold the channels that reach a person, each with whether they want messages there, and their language."""

    identity: str
    channels: Mapping[str, bool]
    language: str | None
    identities: Mapping[str, tuple[str, ...]]


class Preferences(Struct, frozen=True):
    """Read and write the choices of the person whom a link names."""

    secrets: Secrets
    records: RecordStore
    bus: Bus
    clock: Clock

    def read(self, use: str, token: str) -> Choices:
        """Return the person's choices. Raises NotFound for a link that is none of ours; Temporary."""
        identity = unseal(link_keys(self.secrets), use, token)
        if identity is None:
            raise NotFound(UNKNOWN_LINK())
        people = self.records.find_all((identity,))
        reached = {channel: _reached_by(kinds, identity, people) for channel, kinds in _KINDS.items()}
        consents = [read_consent(person.fields.get(CONSENT)) for person in people]
        channels = {
            channel: all(agreed_on(channel, consent) is not False for consent in consents)
            for channel, found in reached.items()
            if found
        }
        said = (person.fields.get("language") for person in people)
        return Choices(identity, channels, next((each for each in said if isinstance(each, str)), None), reached)

    def unsubscribe(self, token: str, way: str) -> Choices:
        """Note that the person wants no more mail. `way`: of the request. Raises as `read`."""
        choices = self.read(UNSUBSCRIBE, token)
        self._say(choices, {"email": False}, way)
        return choices

    def choose(self, token: str, wanted: Collection[str], way: str) -> Choices:
        """Note on which channels the person wants messages; on all others they want none. Raises as `read`."""
        choices = self.read(PREFERENCES, token)
        chosen = {channel: channel in wanted for channel in choices.channels}
        changed = {channel: agreed for channel, agreed in chosen.items() if agreed is not choices.channels[channel]}
        self._say(choices, changed, way)
        return Choices(choices.identity, chosen, choices.language, choices.identities)

    def _say(self, choices: Choices, said: Mapping[str, bool], way: str) -> None:
        events = [self._event(choices, channel, agreed, way) for channel, agreed in said.items()]
        if events:
            self.bus.publish(events)

    def _event(self, choices: Choices, channel: str, agreed: bool, way: str) -> Event:
        now = self.clock.now()
        told: dict[str, Any] = {"by": BY_LINK, "way": way}
        if channel == "email":
            told["unsubscribed_from_all"] = not agreed
        else:
            value = "resume" if agreed else "stop"
            told |= {"category": "marketing_messages", "value": value, "consented": agreed}
        # A second click of the same second says the same; a later one may follow another choice, and counts anew.
        named = f"link:{choices.identity}:{channel}:{agreed}:{format_time(now)[:19]}"
        identities = choices.identities[channel]
        return Event(
            id=ids.event_id(channel, named),
            source=channel,
            type=_TYPES[channel],
            time=now,
            identities=identities,
            data=told,
            origin=f"source:{channel}",
        )


def link_keys(secrets: Secrets) -> list[str]:
    """Return the keys of links, the one in use first: `{"key": …, "former": […]}`. Raises NotFound, Misconfigured."""
    secret = secrets.get(SECRET)
    former = secret.get("former")
    found = [secret.get("key"), *(former if isinstance(former, list) else ())]
    keys = [key for key in found[:MAX_KEYS] if isinstance(key, str) and len(key) >= 32]
    if not keys:
        raise Misconfigured(SECRET_UNREADABLE(name=SECRET))
    return keys


def _reached_by(kinds: Collection[str], identity: str, people: Sequence[Record]) -> tuple[str, ...]:
    """Return the person's identities of these kinds. Of mail it is the link's alone: others may share the records."""
    if identity.partition("#")[0] in kinds:
        return (identity,)
    found = (each for person in people for each in identities_of(person.fields))
    return tuple(dict.fromkeys(each for each in found if each.partition("#")[0] in kinds))
