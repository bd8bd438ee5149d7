"""List the channels. A new channel is a folder beside these, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from whenthen.channels.api import action as api
from whenthen.channels.audience import action as audience
from whenthen.channels.chat import action as chat
from whenthen.channels.email import action as email
from whenthen.channels.record import action as record
from whenthen.channels.sms import action as sms
from whenthen.channels.staff import action as staff
from whenthen.channels.webhook import action as webhook
from whenthen.channels.whatsapp import action as whatsapp

if TYPE_CHECKING:
    from whenthen.domain.rules.actions import Action

_CHANNELS = (email, whatsapp, sms, chat, webhook, api, audience, staff, record)

CHANNELS: tuple[str, ...] = tuple(channel.CHANNEL for channel in _CHANNELS)
"""The names of the channels: each has one queue and one function."""

ACTIONS: Mapping[str, Action] = {action.name: action for channel in _CHANNELS for action in channel.ACTIONS}
"""Every action by its name, in the order in which a form offers them."""
