"""Describe stored templates: the texts of one message, per language, with the bounds of its channel."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

PARTS = ("subject", "text", "html")
"""Name what a message is made of."""

MAX_SUBJECT = 500
"""Bound the characters of a subject, as it is written and as it goes out."""

MAX_SMS = 1_600
"""Bound the characters of a text message: the provider takes no more."""

MAX_WHATSAPP = 4_096
"""Bound the characters of a free text on WhatsApp."""


class Channel(StrEnum):
    """Tell which messages a template is for. WHATSAPP: free texts, not the templates that Meta approves."""

    ANY = "any"
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"


class Shape(Struct, frozen=True):
    """Describe the messages of a channel.

    parts     those that they may have
    one_of    those of which they need one
    required  those that they need
    longest   characters of the text that goes out; None: as many as a rendered text may have
    """

    parts: tuple[str, ...]
    one_of: tuple[str, ...]
    required: tuple[str, ...] = ()
    longest: int | None = None


SHAPES: Mapping[Channel, Shape] = {
    Channel.ANY: Shape(PARTS, ("text",)),
    Channel.EMAIL: Shape(PARTS, ("text", "html"), ("subject",)),
    Channel.SMS: Shape(("text",), ("text",), longest=MAX_SMS),
    Channel.WHATSAPP: Shape(("text",), ("text",), longest=MAX_WHATSAPP),
}
"""Channel → its messages. A template of ANY has a text; its subject and HTML are for e-mail."""


class Texts(Struct, frozen=True):
    """Hold the texts of one language, each a template; empty where it has none."""

    subject: str = ""
    text: str = ""
    html: str = ""

    def given(self) -> dict[str, str]:
        """Return the parts that there are, by name."""
        return {name: source for name in PARTS if (source := getattr(self, name))}


class MessageTemplate(Struct, frozen=True):
    """Hold a stored template.

    texts   language tag → its texts, in the order in which they were written
    events  types of the events whose fields its texts name; empty: any
    """

    channel: Channel
    texts: Mapping[str, Texts]
    events: tuple[str, ...] = ()
    name: str = ""

    def serves(self, channel: Channel) -> bool:
        """Tell whether messages of this channel can be made of it."""
        if self.channel not in (Channel.ANY, channel):
            return False
        shape = SHAPES[channel]
        return all(
            all(getattr(texts, name) for name in shape.required) and any(getattr(texts, name) for name in shape.one_of)
            for texts in self.texts.values()
        )
