"""Let customers say by a link in a message on which channels they want messages.

A choice becomes an event, as a provider reports one: `update_consent` writes it to every record of the person, and the
timeline shows who changed what, when and how. A link proves that its holder reads one address on one channel, and no
more. So it refuses on every channel, but takes back a refusal on its own channel alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Misconfigured, NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.consent_signals import BY_LINK, kept_word, opted_out
from whenthen.domain.records.record import identities_of
from whenthen.domain.sending.recipients import may_be_one_person
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, LinkedPerson, linked_person, unseal
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

AUDIENCE = "audience"
"""Name the channel of advertising audiences. Nobody is in one who did not agree, so only who spoke of them sees it."""

_KINDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "whatsapp": ("phone", "whatsapp"),
    "sms": ("phone",),
    AUDIENCE: ("phone", "email"),
}
"""Channel → the kinds of identity by which it reaches a person."""

_TYPES = {
    "email": "email.subscription_changed",
    "whatsapp": "whatsapp.preference_changed",
    "sms": "sms.preference_changed",
    AUDIENCE: "audience.preference_changed",
}


class Choices(Struct, frozen=True):
    """Hold the channels that reach a person, each with whether they want messages there, and their language.

    identities  channel → those of the person that may get messages there
    channel     of the message that had the link
    """

    identity: str
    channels: Mapping[str, bool]
    language: str | None
    identities: Mapping[str, tuple[str, ...]]
    channel: str = "email"

    @property
    def locked(self) -> frozenset[str]:
        """Return the channels that are refused, and that this link cannot switch on again."""
        return frozenset(name for name, agreed in self.channels.items() if not agreed and name != self.channel)


class Preferences(Struct, frozen=True):
    """Read and write the choices of the person whom a link names."""

    secrets: Secrets
    records: RecordStore
    bus: Bus
    clock: Clock

    def read(self, use: str, token: str) -> Choices:
        """Return the person's choices. Raises NotFound for a link that is none of ours; Temporary."""
        said = unseal(link_keys(self.secrets), use, token)
        if said is None:
            raise NotFound(UNKNOWN_LINK())
        return self._choices(linked_person(said))

    def _choices(self, linked: LinkedPerson) -> Choices:
        people = self.records.find_all((linked.identity,))
        consents = [read_consent(person.fields.get(CONSENT)) for person in people]
        own = people if may_be_one_person(people) else ()
        channels: dict[str, bool] = {}
        left: dict[str, tuple[str, ...]] = {}
        for channel in _KINDS:
            found = _reached_by(channel, linked.identity, own)
            if not found or (channel == AUDIENCE and not _speaks_of_audiences(consents)):
                continue
            left[channel] = tuple(each for each in found if self._may_get(channel, each))
            refused = any(agreed_on(channel, consent) is False for consent in consents)
            channels[channel] = not refused and bool(left[channel])
        said = (person.fields.get("language") for person in people)
        language = next((each for each in said if isinstance(each, str)), None)
        return Choices(linked.identity, channels, language, left, linked.channel)

    def _may_get(self, channel: str, identity: str) -> bool:
        """Tell whether no record with the address refuses the channel, and nothing that is kept of the address does."""
        found = self.records.find_all((identity,))
        words = self.records.words_of((identity,)).get(identity, {})
        return opted_out(channel, found) is None and kept_word(channel, words, found) is not False

    def unsubscribe(self, token: str, way: str) -> Choices:
        """Note that the person wants no more messages on the link's channel. Raises as `read`.

        way   of the request
        """
        choices = self.read(UNSUBSCRIBE, token)
        self.bus.publish([self._event(choices, choices.channel, (choices.identity,), way, agreed=False)])
        return choices

    def choose(self, token: str, wanted: Collection[str], way: str) -> Choices:
        """Note on which channels the person wants messages; on all others they want none. Raises as `read`.

        A refusal on another channel than the link's stays: only who has that address may take it back.
        """
        choices = self.read(PREFERENCES, token)
        chosen = {channel: channel in wanted and channel not in choices.locked for channel in choices.channels}
        said = [
            self._event(choices, channel, choices.identities[channel], way, agreed=False)
            for channel, agreed in chosen.items()
            if not agreed and choices.identities[channel]
        ]
        own = choices.channel
        if chosen.get(own) and not choices.channels[own]:
            said.append(self._event(choices, own, (choices.identity,), way, agreed=True))
        if said:
            self.bus.publish(said)
        return replace(choices, channels=chosen)

    def _event(self, choices: Choices, channel: str, identities: tuple[str, ...], way: str, *, agreed: bool) -> Event:
        now = self.clock.now()
        told: dict[str, Any] = {"by": BY_LINK, "way": way}
        if channel == "email":
            told["unsubscribed_from_all"] = not agreed
        else:
            value = "resume" if agreed else "stop"
            told |= {"category": "marketing_messages", "value": value, "consented": agreed}
        # A second click of the same second says the same; a later one may follow another choice, and counts anew.
        named = f"link:{choices.identity}:{channel}:{agreed}:{format_time(now)[:19]}"
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


def _reached_by(channel: str, identity: str, own: Sequence[Record]) -> tuple[str, ...]:
    """Return the person's identities by which a channel reaches them.

    Where that is the link's, it stands for itself alone. An advertising audience knows a person by all of them.
    """
    kinds = _KINDS[channel]
    mine = (identity,) if _kind(identity) in kinds else ()
    if mine and channel != AUDIENCE:
        return mine
    found = (each for person in own for each in identities_of(person.fields) if _kind(each) in kinds)
    return tuple(dict.fromkeys((*mine, *found)))


def _speaks_of_audiences(consents: Sequence[Mapping[str, bool]]) -> bool:
    """Tell whether anything can be refused, or was: somebody agreed, or said a word of audiences."""
    return any(AUDIENCE in consent or agreed_on(AUDIENCE, consent) for consent in consents)


def _kind(identity: str) -> str:
    return identity.partition("#")[0]
