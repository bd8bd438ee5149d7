"""manage_sources: configure who may post to /hooks/{source}, and how their bodies are mapped."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import EMPTY, NOT_TEXT
from whenthen.domain.temporal.calendar_settings import SUBJECT, read_calendar_settings
from whenthen.sources.signing import signatures
from whenthen.sources.webhook.mapping import Source, parse_source

if TYPE_CHECKING:
    from whenthen.ports.administration import SecretVault, SettingStore, SourceStore

_NO_SECRET = frozenset({"dangerous_open_form"})


class ManageSources(Struct, frozen=True):
    """Manage the sources. Their secrets live in the vault and are shown once, when they are made."""

    sources: SourceStore
    vault: SecretVault
    settings: SettingStore | None = None

    def save(self, name: str, written: Mapping[str, Any]) -> dict[str, Any]:
        """Create or replace a source. Raises Invalid naming each field.

        `secret` sets a secret; the one before it stays valid until the next is set, or until
        `"previous_secret": null` takes it back. A new source without one gets one, which is shown in the answer.
        """
        document = {key: value for key, value in written.items() if key not in ("secret", "previous_secret")}
        document["name"] = name
        source = parse_source(document)
        if source.default_country is None and (country := self._country()):
            document["default_country"] = country
        given, shown = written.get("secret"), None
        kept = self.vault.read(_secret_name(name)) or {}
        if given is None and not kept and source.scheme.kind not in _NO_SECRET:
            given = shown = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self._keep_secret(source, kept, given, forget="previous_secret" in written)
        self.sources.save(name, document)
        return document | ({"secret": shown} if shown else {})

    def _country(self) -> str | None:
        """Return the country of the installation's settings, if they name one."""
        return read_calendar_settings(self.settings.get(SUBJECT) if self.settings else {}).country

    def get(self, name: str) -> Mapping[str, Any]:
        """Return a source without its secrets. Raises NotFound."""
        return self.sources.get(name)

    def list(self) -> list[Mapping[str, Any]]:
        """List all sources by name, without their secrets."""
        return self.sources.list()

    def _keep_secret(self, source: Source, kept: Mapping[str, str], given: Any, *, forget: bool) -> None:
        changed = {name: value for name, value in kept.items() if not (forget and name == "previous_secret")}
        if given is not None:
            if not isinstance(given, str) or not given:
                raise Invalid.field("secret", EMPTY() if given == "" else NOT_TEXT())
            signatures.check_secret(source.scheme, given)
            if given != kept.get("secret"):
                changed = {"secret": given, **({"previous_secret": kept["secret"]} if kept.get("secret") else {})}
        if changed != dict(kept):
            # Store the secret first: a source without its secret accepts nothing, never everything.
            self.vault.put(_secret_name(source.name), changed)


def _secret_name(name: str) -> str:
    return f"sources/{name}"
