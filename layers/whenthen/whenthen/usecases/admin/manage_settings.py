"""manage_settings: what admins tell the installation, one document for each subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import NotFound
from whenthen.domain.records.sender_profile import read_people_settings
from whenthen.sources.meta.lead_forms import read_lead_settings

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore

CHECKS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "leads": read_lead_settings,
    "people": read_people_settings,
}
"""Subject → what reads its document, and raises Invalid naming each field."""


class ManageSettings(Struct, frozen=True):
    """Documents that are checked when they are saved, so that whoever reads one later can rely on it."""

    settings: SettingStore

    def get(self, name: str) -> Mapping[str, Any]:
        """The document; empty where every default holds. Raises NotFound for a subject that there is not."""
        self._check(name)
        return self.settings.get(name)

    def save(self, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep the document. Raises NotFound, or Invalid naming each field."""
        self._check(name)(document)
        self.settings.save(name, document)
        return document

    def _check(self, name: str) -> Callable[[Mapping[str, Any]], object]:
        check = CHECKS.get(name)
        if check is None:
            raise NotFound(f"there are no settings called {name}; there are {', '.join(sorted(CHECKS))}")
        return check
