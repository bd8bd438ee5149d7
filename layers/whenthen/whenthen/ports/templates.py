"""Read stored templates for channels, and store them with all their versions for admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from whenthen.domain.stored_templates.message_template import MessageTemplate
    from whenthen.ports.values import Page, StoredTemplate


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
