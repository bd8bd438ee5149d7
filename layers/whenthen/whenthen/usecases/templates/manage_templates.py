"""manage_templates: create, change, restore and delete stored templates for admins. Every save makes a version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.lint.template_fields import lint_template
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.stored_templates.reading import check_message_template, parse_message_template
from whenthen.domain.stored_templates.uses import templates_named
from whenthen.domain.work.selection import Selection
from whenthen.ports.reason_codes import OTHER_VERSION
from whenthen.ports.templates import StoredTemplate
from whenthen.usecases.context.idempotency import KEY_REUSED

if TYPE_CHECKING:
    from whenthen.domain.stored_templates.message_template import MessageTemplate
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.templates import TemplateStore
    from whenthen.ports.values import Page

OWN_FIELDS = ("id", "version", "updated_at", "updated_by", "warnings", "rules")
"""Fields that the API adds to a template's document; it ignores them in requests, so an answer can be sent back."""

MAX_VERSIONS = 100
"""Bound the versions that are listed; older ones can be read and restored by their number."""

RUNS_OF_PAGE, MAX_PAGES = 100, 50
"""Bound the open runs that are looked through before a template is deleted that rules named once."""

# These rules name the template.
IN_USE = ReasonCode("stored_template.in_use", "rules")
# Open runs of older versions of these rules, or of rules that are deleted, need the template.
NEEDED_BY_RUNS = ReasonCode("stored_template.needed_by_runs", "rules")
# So many runs are open that nobody can tell at once whether one of them needs the template.
TOO_MANY_RUNS = ReasonCode("stored_template.too_many_runs", "count")
# The template that this Idempotency-Key made was deleted since.
TEMPLATE_DELETED = ReasonCode("idempotency_key.template_deleted")


class ManageTemplates(Struct, frozen=True):
    """Manage the stored templates for admins."""

    templates: TemplateStore
    rules: RuleStore
    runs: RunLedger
    clock: Clock

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> StoredTemplate:
        """Create a template. `seed` makes its id: a repetition finds the first. Raises Invalid, Conflict, TooLarge."""
        new = self._prepare(written, ids.template_id(seed), 1, by)
        try:
            self.templates.save(new, None)
        except Stale:
            return self._made_before(new)
        return new

    def _made_before(self, new: StoredTemplate) -> StoredTemplate:
        """Return the current version of the template that this seed made of the same document. Raises Conflict."""
        if self.templates.get_version(new.id, 1).made_of != new.made_of:
            raise Conflict(KEY_REUSED())
        try:
            return replace(self.templates.get(new.id), warnings=new.warnings)
        except NotFound:
            raise Conflict(TEMPLATE_DELETED()) from None

    def get(self, template_id: str) -> StoredTemplate:
        """Return the current version. Raises NotFound."""
        return self.templates.get(template_id)

    def get_version(self, template_id: str, version: int) -> StoredTemplate:
        """Return one version of a template that there is. Raises NotFound."""
        current = self.templates.get(template_id)
        return current if version == current.version else self.templates.get_version(template_id, version)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredTemplate]:
        """List all templates, by id."""
        return self.templates.list(limit=limit, cursor=cursor)

    def versions(self, template_id: str) -> tuple[StoredTemplate, ...]:
        """Return the last versions, newest first, at most MAX_VERSIONS. Raises NotFound."""
        current = self.templates.get(template_id)
        older = range(current.version - 1, max(current.version - MAX_VERSIONS, 0), -1)
        return (current, *(self.templates.get_version(template_id, number) for number in older))

    def users(self, template_id: str) -> tuple[str, ...]:
        """List the ids of the rules that name the template. Raises NotFound."""
        self.templates.get(template_id)
        return tuple(self.rules.naming_template(template_id))

    def replace(self, template_id: str, written: Mapping[str, Any], *, version: int | None, by: str) -> StoredTemplate:
        """Save a new version. Raises NotFound, Invalid, TooLarge; Stale if the template is not at `version`."""
        current = self._current(template_id, version)
        new = replace(self._prepare(written, template_id, current.version + 1, by), made_of=current.made_of)
        if new.document == current.document:
            return replace(current, warnings=new.warnings)
        self.templates.save(new, current)
        return new

    def restore(self, template_id: str, older: int, *, version: int | None, by: str) -> StoredTemplate:
        """Save an older version as the newest. Raises as `replace`."""
        return self.replace(template_id, self.get_version(template_id, older).document, version=version, by=by)

    def delete(self, template_id: str, *, version: int | None) -> None:
        """Delete the template. Raises NotFound, Stale; Conflict while rules name it, or runs of their versions do."""
        current = self._current(template_id, version)
        users = self.rules.naming_template(template_id)
        if users:
            raise Conflict(IN_USE(rules=list(users)))
        if rules := self._needed_by(template_id):
            raise Conflict(NEEDED_BY_RUNS(rules=list(rules)))
        self.templates.delete(current)

    def _needed_by(self, template_id: str) -> tuple[str, ...]:
        """Return the rules of which an open run has a version that names the template. Raises Conflict."""
        once, named, found = self.rules.once_naming_template(template_id), dict[tuple[str, int], bool](), set[str]()
        if not once:
            return ()
        selection, cursor = Selection(rules=tuple(once)), None
        for _ in range(MAX_PAGES):
            page = self.runs.open_runs(selection, limit=RUNS_OF_PAGE, cursor=cursor)
            for run in filter(selection.takes, page.items):
                key = (run.rule_id, run.rule_version)
                if run.rule_version <= once[run.rule_id] and key not in named:
                    named[key] = self._is_named(template_id, *key)
                found |= {run.rule_id} if named.get(key) else set()
            if (cursor := page.cursor) is None:
                return tuple(sorted(found))
        if found:
            return tuple(sorted(found))
        raise Conflict(TOO_MANY_RUNS(count=MAX_PAGES * RUNS_OF_PAGE))

    def _is_named(self, template_id: str, rule_id: str, version: int) -> bool:
        try:
            return template_id in templates_named(parse_rule(self.rules.get_version(rule_id, version).document))
        except (NotFound, Invalid):  # saved under an older form: its runs read it as it was parsed then
            return True

    def _current(self, template_id: str, version: int | None) -> StoredTemplate:
        current = self.templates.get(template_id)
        if version is not None and version != current.version:
            raise Stale(OTHER_VERSION(subject=template_id, current=current.version, wanted=version))
        return current

    def _prepare(self, written: Mapping[str, Any], template_id: str, version: int, by: str) -> StoredTemplate:
        document = as_written(written)
        warnings = tuple(lint_template(checked(document)))
        made_of = ids.content_id(json.dumps(document, sort_keys=True))
        document["id"] = template_id
        return StoredTemplate(template_id, version, document, self.clock.now(), by, made_of, warnings)


def checked(document: Mapping[str, Any]) -> MessageTemplate:
    """Read a template, and check the syntax of its texts. Raises Invalid naming each field."""
    template = parse_message_template(document)
    if problems := check_message_template(template):
        raise Invalid(problems)
    return template


def as_written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the API adds."""
    return {name: value for name, value in document.items() if name not in OWN_FIELDS}
