"""manage_settings: read and save the installation's settings, one document for each subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.sender_profile import read_people_settings
from whenthen.domain.rules.actions import message_channels
from whenthen.domain.sending.limits import SUBJECT as LIMITS
from whenthen.domain.sending.limits import Limits, read_limit_settings
from whenthen.domain.sending.restored import SUBJECT as RESTORE
from whenthen.domain.sending.restored import read_restore_settings
from whenthen.domain.sending.switch import SUBJECT as SENDING
from whenthen.domain.sending.switch import read_sending_settings
from whenthen.domain.temporal.calendar_settings import SUBJECT, check_calendar_settings
from whenthen.domain.work.failing import SUBJECT as FAILURES
from whenthen.domain.work.failing import read_failure_settings
from whenthen.sources.meta.lead_forms import read_lead_settings

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore


def _check_limits(document: Mapping[str, Any]) -> Limits:
    return read_limit_settings(document, message_channels())


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    SUBJECT: check_calendar_settings,
    "leads": read_lead_settings,
    FAILURES: read_failure_settings,
    LIMITS: _check_limits,
    "people": read_people_settings,
    RESTORE: read_restore_settings,
    SENDING: read_sending_settings,
}
"""Subject → reader of its document, which raises Invalid naming each field."""

# `known` lists the subjects that there are.
UNKNOWN_SETTINGS = ReasonCode("settings.not_found", "name", "known")


class ManageSettings(Struct, frozen=True):
    """Check settings when they are saved, so that their readers can rely on them."""

    settings: SettingStore

    def get(self, name: str) -> Mapping[str, Any]:
        """Return the document; empty where every default holds. Raises NotFound for an unknown subject."""
        self._check(name)
        return self.settings.get(name)

    def save(self, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Store the document. Raises NotFound, or Invalid naming each field."""
        self._check(name)(document)
        self.settings.save(name, document)
        return document

    def _check(self, name: str) -> Callable[[Mapping[str, Any]], object]:
        check = CHECKS.get(name)
        if check is None:
            raise NotFound(UNKNOWN_SETTINGS(name=name, known=[*sorted(CHECKS)]))
        return check
