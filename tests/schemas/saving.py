"""Save a document as the API does, in a store in memory that holds one rule and one view."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from tests.schemas.frames import RULE, Document
from tests.usecases.fakes.ledger import FakeRuns
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRecords, FakeRules, FakeSettings, FakeSources, FakeViews
from tests.usecases.fakes.templates import FakeTemplates
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import NOT_OBJECT
from whenthen.domain.rules.rule import parse_rule
from whenthen.ports.values import StoredRule, StoredView
from whenthen.usecases.admin.lint_rule import LintRule
from whenthen.usecases.admin.manage_rules import ManageRules
from whenthen.usecases.admin.manage_sources import ManageSources
from whenthen.usecases.admin.manage_views import ManageViews
from whenthen.usecases.templates.manage_templates import ManageTemplates

SAVED_RULE, SAVED_VIEW, SOURCE = "rule_a1", "view_a1", "shop"
VIEW: Document = {"name": "New", "kind": "lead", "filter": {"field": "record.status", "op": "equals", "value": "new"}}


def _manage_rules() -> ManageRules:
    rules, views, clock = FakeRules(), FakeViews(), FakeClock()
    document = {**RULE, "id": SAVED_RULE, "version": 1}
    rules.save(StoredRule(SAVED_RULE, 1, document, clock.now(), "ayse"), parse_rule(document), None)
    views.save(StoredView(SAVED_VIEW, 1, {**VIEW, "id": SAVED_VIEW}, clock.now(), "ayse"), None)
    return ManageRules(rules, views, clock, LintRule(rules, clock), FakeSettings())


def _save_rule(document: Document) -> None:
    """Post the rule; put it where it names the one that is saved."""
    manage = _manage_rules()
    if document.get("id") == SAVED_RULE:
        manage.replace(SAVED_RULE, document, version=None, by="ayse")
    else:
        manage.create(document, seed="key", by="ayse")


def _save_view(document: Document) -> None:
    rules = _manage_rules()
    ManageViews(rules.views, rules.rules, rules, FakeRecords(), rules.clock).create(document, seed="key", by="ayse")


def _save_template(document: Document) -> None:
    ManageTemplates(FakeTemplates(), FakeRules(), FakeRuns(), FakeClock()).create(document, seed="key", by="ayse")


class _Vault:
    """Keep secrets in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, str]] = {}

    def read(self, name: str) -> Mapping[str, str] | None:
        return self.kept.get(name)

    def put(self, name: str, secret: Mapping[str, str]) -> None:
        self.kept[name] = secret


def _save_source(document: Document) -> None:
    """Put the source to the address that it names."""
    name = document.get("name")
    ManageSources(FakeSources(), _Vault(), FakeSettings()).save(name if isinstance(name, str) else SOURCE, document)


_SAVES: Mapping[str, Callable[[Document], None]] = {
    "rule": _save_rule,
    "view": _save_view,
    "template": _save_template,
    "source": _save_source,
}


def problems_of_saving(kind: str, document: Any) -> list[Problem]:
    """Return the problems for which the API refuses to save the document. Empty if it saves it."""
    if not isinstance(document, dict):
        return [Problem("body", NOT_OBJECT())]
    try:
        _SAVES[kind](copy.deepcopy(document))
    except Invalid as error:
        return list(error.problems)
    return []
