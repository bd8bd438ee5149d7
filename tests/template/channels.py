"""The channels of the registry as template.yaml deploys them: each with a queue, and a function that works on it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from tests.template.reading import FUNCTION, environment, resources
from whenthen.channels.registry import CHANNELS

SERVED: Mapping[str, str] = {
    environment(name)["CHANNEL"]: name for name in sorted(resources(FUNCTION)) if "CHANNEL" in environment(name)
}
"""Channel → the function of the template that serves it."""

FUNCTIONS: Mapping[str, str] = {channel: SERVED[channel] for channel in CHANNELS}
"""Channel of the registry → the function that serves it: `email` → `SendEmail`."""

SERVICES: Mapping[str, str] = {
    channel: environment(name)["POWERTOOLS_SERVICE_NAME"] for channel, name in FUNCTIONS.items()
}
"""Channel → the name of its function in logs: `email` → `send_email`."""

QUEUES: Mapping[str, str] = {channel: f"{channel.capitalize()}Queue" for channel in CHANNELS}
"""Channel → its queue in the template: `email` → `EmailQueue`."""

OUTSIDE = tuple(channel for channel in CHANNELS if import_module(f"whenthen.channels.{channel}.wiring").CALLS_OUTSIDE)
"""The channels that call other systems."""
