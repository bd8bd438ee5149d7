"""Read when the installation works, for the steps that wait by working hours and holidays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.temporal.calendar_settings import SUBJECT, read_calendar_settings

if TYPE_CHECKING:
    from whenthen.domain.temporal.business_time import BusinessCalendar
    from whenthen.ports.administration import SettingStore


class ReadCalendar(Struct, frozen=True):
    """Read the working hours and holidays as they are now. Only who counts by them reads them."""

    settings: SettingStore

    def __call__(self) -> BusinessCalendar:
        """Return the calendar. Raises Temporary if it cannot be read now."""
        return read_calendar_settings(self.settings.get(SUBJECT)).business
