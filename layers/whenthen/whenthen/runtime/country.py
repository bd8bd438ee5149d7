"""Know the country of the installation, by which telephone numbers without a country code are read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from whenthen.domain.temporal.calendar_settings import SUBJECT, read_calendar_settings

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore

KEPT_FOR = 60.0
"""Seconds for which what was read is taken for current."""


class InstallationCountry:
    """Return the country of the calendar settings, read once in a while; else that of the stack's parameter."""

    def __init__(
        self, settings: SettingStore, of_the_stack: str | None, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._of_the_stack, self._seconds = settings, of_the_stack, seconds
        self._country: str | None = None
        self._until = 0.0

    def __call__(self) -> str | None:
        """Return the ISO 3166 code; None if neither names one. Raises Temporary."""
        now = self._seconds()
        if now >= self._until:
            self._country = read_calendar_settings(self._settings.get(SUBJECT)).country
            self._until = now + KEPT_FOR
        return self._country or self._of_the_stack

    def forget(self) -> None:
        """Read the settings anew at the next call: they are being changed."""
        self._until = 0.0
