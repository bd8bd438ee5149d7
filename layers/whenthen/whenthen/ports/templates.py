"""Read stored templates for channels, and store them with all their versions for admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from whenthen.domain.lint.findings import Finding
    from whenthen.domain.stored_templates.message_template import MessageTemplate
    from whenthen.ports.values import Page


class StoredTemplate(Struct, frozen=True):
    """Hold one version of a stored template as its admin wrote it, and who saved it.

    made_of   id of the content of its first version: detects a repetition of the same request
    warnings  what lint found when it was saved just now; not stored
    """

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str
    made_of: str = ""
    warnings: tuple[Finding, ...] = ()


class Templates(Protocol):
    """Read stored templates for channels; they may be some seconds old."""

    def current(self, template_id: str) -> MessageTemplate:
        """Return the template as it is at the moment of sending. Raises NotFound, Temporary, Invalid."""


class TemplateStore(Protocol):
    """Store templates and all their versions for admins."""

    def get(self, template_id: str) -> StoredTemplate:
        """Read the current version. Raises NotFound."""

    def get_version(self, template_id: str, version: int) -> StoredTemplate:
        """Read one version. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredTemplate]:
        """List the current versions, by id."""

    def save(self, template: StoredTemplate, replaces: StoredTemplate | None) -> None:
        """Make `template` the current version. Raises Stale unless `replaces` is current; TooLarge."""

    def delete(self, template: StoredTemplate) -> None:
        """Delete the template; its versions stay. Raises Stale."""
