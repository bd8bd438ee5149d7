"""Wire the use cases by which admins manage the installation."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.wiring.fresh import fresh
from whenthen.runtime.wiring.records import RecordsWiring

if TYPE_CHECKING:
    from whenthen.usecases.admin.authorize import Authorize
    from whenthen.usecases.admin.lint_rule import LintRule
    from whenthen.usecases.admin.manage_imports import ManageImports
    from whenthen.usecases.admin.manage_rules import ManageRules
    from whenthen.usecases.admin.manage_settings import ManageSettings
    from whenthen.usecases.admin.manage_sources import ManageSources
    from whenthen.usecases.admin.manage_views import ManageViews
    from whenthen.usecases.admin.order_rules import OrderRules
    from whenthen.usecases.admin.try_source import TrySource
    from whenthen.usecases.connections.manage_connections import ManageConnections
    from whenthen.usecases.connections.try_connection import TryConnection
    from whenthen.usecases.control.manage_channels import ManageChannels
    from whenthen.usecases.control.manage_work import ManageWork
    from whenthen.usecases.control.resume_failing import ResumeFailing
    from whenthen.usecases.control.runs_of_rules import RunsOfRules
    from whenthen.usecases.control.set_automation import SetAutomation
    from whenthen.usecases.control.set_limits import SetLimits
    from whenthen.usecases.control.switch_sending import SwitchSending
    from whenthen.usecases.figures.read_figures import ReadFigures
    from whenthen.usecases.messages.manage_notices import ManageNotices
    from whenthen.usecases.templates.manage_templates import ManageTemplates
    from whenthen.usecases.templates.preview_template import PreviewTemplate


class AdminWiring(RecordsWiring):
    """Make each use case when it is first used."""

    @cached_property
    def authorize(self) -> Authorize:
        from whenthen.usecases.admin.authorize import Authorize

        return Authorize(self.keys, self.secrets)

    @cached_property
    def lint_rule(self) -> LintRule:
        from whenthen.usecases.admin.lint_rule import LintRule

        most_parts = self.settings.sms_max_parts
        return LintRule(self.rules, self.clock, self.installation, self.connections, self.templates, most_parts)

    @cached_property
    def manage_rules(self) -> ManageRules:
        from whenthen.usecases.admin.manage_rules import ManageRules

        return ManageRules(self.rules, self.views, self.clock, self.lint_rule, self.installation)

    @cached_property
    def order_rules(self) -> OrderRules:
        from whenthen.usecases.admin.order_rules import OrderRules

        return OrderRules(self.manage_rules)

    @cached_property
    def manage_views(self) -> ManageViews:
        from whenthen.usecases.admin.manage_views import ManageViews

        return ManageViews(self.views, self.rules, self.manage_rules, self.records, self.clock)

    @cached_property
    def manage_templates(self) -> ManageTemplates:
        from whenthen.usecases.templates.manage_templates import ManageTemplates

        return ManageTemplates(self.templates, self.rules, self.runs, self.clock)

    @cached_property
    def manage_notices(self) -> ManageNotices:
        from whenthen.usecases.messages.manage_notices import ManageNotices

        return ManageNotices(self.notices, self.clock)

    @cached_property
    def preview_template(self) -> PreviewTemplate:
        from whenthen.usecases.templates.preview_context import PreviewContext
        from whenthen.usecases.templates.preview_template import PreviewTemplate

        context = PreviewContext(self.records, self.event_log, self.installation, self.clock)
        return PreviewTemplate(self.manage_templates, context, self.settings.sms_max_parts)

    @cached_property
    def manage_imports(self) -> ManageImports:
        from whenthen.usecases.admin.manage_imports import ManageImports

        return ManageImports(
            self.imports, self.import_files, self.import_workers, self.rules, self.clock, self.installation
        )

    @cached_property
    def manage_sources(self) -> ManageSources:
        from whenthen.usecases.admin.manage_sources import ManageSources

        return ManageSources(self.sources, self.vault, self.installation)

    @cached_property
    def manage_connections(self) -> ManageConnections:
        from whenthen.usecases.connections.manage_connections import ManageConnections

        plain_http = self.settings.dangerously_allow_private_addresses
        return ManageConnections(self.connections, self.vault, self.rules, self.circuits, self.clock, plain_http)

    @cached_property
    def try_connection(self) -> TryConnection:
        from whenthen.usecases.connections.try_connection import TryConnection

        return TryConnection(self.connections, self.vault, self.http, self.clock)

    @fresh
    def try_source(self) -> TrySource:
        from whenthen.usecases.admin.try_source import TrySource

        return TrySource(self.sources, self.save_record, self.clock)

    @cached_property
    def manage_channels(self) -> ManageChannels:
        from whenthen.usecases.control.manage_channels import ManageChannels

        return ManageChannels(self.circuits, self.runs, self.clock)

    @cached_property
    def read_figures(self) -> ReadFigures:
        from whenthen.usecases.figures.read_figures import ReadFigures

        return ReadFigures(self.figures, self.clock)

    @cached_property
    def manage_work(self) -> ManageWork:
        from whenthen.usecases.control.manage_work import ManageWork

        return ManageWork(self.work, self.workers, self.runs, self.records, self.clock)

    @cached_property
    def runs_of_rules(self) -> RunsOfRules:
        from whenthen.usecases.control.runs_of_rules import RunsOfRules

        return RunsOfRules(self.manage_work)

    @cached_property
    def set_automation(self) -> SetAutomation:
        from whenthen.usecases.control.set_automation import SetAutomation

        return SetAutomation(self.records, self.manage_work)

    @cached_property
    def resume_failing(self) -> ResumeFailing:
        from whenthen.usecases.control.resume_failing import ResumeFailing

        return ResumeFailing(self.failing_rules, self.manage_work, self.bus, self.clock)

    @fresh
    def set_limits(self) -> SetLimits:
        from whenthen.usecases.control.set_limits import SetLimits

        return SetLimits(self.manage_settings, self.manage_work)

    @cached_property
    def switch_sending(self) -> SwitchSending:
        from whenthen.usecases.control.switch_sending import SwitchSending

        return SwitchSending(self.installation, self.manage_work)

    @fresh
    def manage_settings(self) -> ManageSettings:
        """Make it for a call that reads or changes settings: what was read of them before counts no more."""
        from whenthen.usecases.admin.manage_settings import ManageSettings

        self._country.forget()
        return ManageSettings(self.installation)
