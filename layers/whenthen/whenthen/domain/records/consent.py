"""Read a record's consent: the channels on which a person refuses or allows messages.

`consent` holds channel → whether messages may be sent there; it names no channel on which the person said nothing, and
`all` for every channel that it does not name. A value that cannot be read is a refusal, whichever way it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.truths import truth_of
from whenthen.domain.common.values import folded, is_blank

CONSENT, ALL = "consent", "all"
CHANNELS = ("email", "whatsapp", "sms", "audience")
"""Name what one word for all channels also says of each: conditions ask for `consent.email`."""

_OWN_NAME = re.compile(r"consent\.([A-Za-z][A-Za-z0-9 _-]{0,31})")


def agreed_on(channel: str, consent: Mapping[str, bool]) -> bool | None:
    """Tell what a consent that was read says of a channel. None if nothing."""
    return consent.get(channel, consent.get(ALL))


def read_consent(value: Any) -> dict[str, bool]:
    """Return channel → whether messages may be sent there, of a consent in any shape."""
    return {channel: agreed for channel, agreed in consent_patch(value).items() if agreed is not None}


def consent_patch(value: Any) -> dict[str, bool | None]:
    """Read a consent as it is written: channel → yes, no, or None where a null takes the word on a channel back.

    One word is about all channels. What says neither yes nor no is a refusal.
    """
    if is_blank(value):
        return {}
    if not isinstance(value, Mapping):
        agreed = truth_of(value) is True
        return {ALL: agreed, **dict.fromkeys(CHANNELS, agreed)}
    said = {name: word for name, word in value.items() if word is None or not is_blank(word)}
    return {_channel(name): None if word is None else truth_of(word) is True for name, word in said.items()}


def consent_lifted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with `consent.<channel>`, as a column or a form names it, within `consent`, and that readable.

    A blank says nothing; only a null takes a word back.
    """
    said = {found[1]: fields[name] for name in fields if (found := _OWN_NAME.fullmatch(name))}
    if not said and fields.get(CONSENT) is None:
        return dict(fields)
    kept = {name: value for name, value in fields.items() if not _OWN_NAME.fullmatch(name)}
    consent = consent_patch(fields.get(CONSENT)) | consent_patch(said)
    return {name: value for name, value in kept.items() if name != CONSENT} | ({CONSENT: consent} if consent else {})


def is_consent_column(name: str) -> bool:
    """Tell whether a column says the consent on one channel, such as `consent.email`."""
    return _OWN_NAME.fullmatch(name) is not None


def consent_after(before: Any, patch: Any) -> dict[str, bool]:
    """Return a record's consent after a patch, which changes the channels that it names and no others.

    A refusal of all takes back what was agreed to on single channels before; a yes to all takes back no refusal.
    """
    said, known = consent_patch(patch), read_consent(before)
    if said.get(ALL) is False:
        known = {channel: agreed for channel, agreed in known.items() if not agreed}
    changed = {**known, **said}
    return {channel: agreed for channel, agreed in changed.items() if agreed is not None}


def consent_completed(before: Any, patch: Any) -> dict[str, bool | None]:
    """Return the part of a consent's patch that is about channels on which a record says nothing."""
    known = read_consent(before)
    return {channel: said for channel, said in consent_patch(patch).items() if agreed_on(channel, known) is None}


def consent_merged(mine: Any, theirs: Any) -> dict[str, bool]:
    """Return the consent of two records of one person: on each channel refused if either refused."""
    one, other = read_consent(mine), read_consent(theirs)
    words = {channel: (agreed_on(channel, one), agreed_on(channel, other)) for channel in sorted({*one, *other})}
    return {channel: False not in said for channel, said in words.items()}


def _channel(name: Any) -> str:
    """Return a channel's name in its one form: `E-Mail` is `email`."""
    return re.sub(r"[^\w]|_", "", folded(str(name))) or ALL


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return a value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
