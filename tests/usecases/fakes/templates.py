"""Keep stored templates in memory, and read them as channels do."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.usecases.fakes.stores import page_of
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.stored_templates.message_template import MessageTemplate
from whenthen.domain.stored_templates.reading import parse_message_template
from whenthen.ports.reason_codes import MOVED_ON, TEMPLATE_NOT_FOUND, TEMPLATE_VERSION_NOT_FOUND
from whenthen.ports.templates import StoredTemplate
from whenthen.ports.values import Page


@dataclass
class FakeTemplates:
    """The templates as admins keep them and as channels read them, in one."""

    kept: dict[str, StoredTemplate] = field(default_factory=dict)
    all_versions: dict[tuple[str, int], StoredTemplate] = field(default_factory=dict)

    def current(self, template_id: str) -> MessageTemplate:
        return parse_message_template(self.get(template_id).document)

    def get(self, template_id: str) -> StoredTemplate:
        if template_id not in self.kept:
            raise NotFound(TEMPLATE_NOT_FOUND(template=template_id))
        return self.kept[template_id]

    def get_version(self, template_id: str, version: int) -> StoredTemplate:
        if (template_id, version) not in self.all_versions:
            raise NotFound(TEMPLATE_VERSION_NOT_FOUND(template=template_id, version=version))
        return self.all_versions[template_id, version]

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredTemplate]:
        return page_of([self.kept[template_id] for template_id in sorted(self.kept)], limit, cursor)

    def save(self, template: StoredTemplate, replaces: StoredTemplate | None) -> None:
        self._demand(template.id, replaces)
        if (template.id, template.version) in self.all_versions:
            raise Stale(MOVED_ON(subject=template.id))
        self.kept[template.id] = self.all_versions[template.id, template.version] = template

    def delete(self, template: StoredTemplate) -> None:
        self._demand(template.id, template)
        del self.kept[template.id]

    def _demand(self, template_id: str, expected: StoredTemplate | None) -> None:
        stored = self.kept.get(template_id)
        if (stored and stored.version) != (expected and expected.version):
            raise Stale(MOVED_ON(subject=template_id))
