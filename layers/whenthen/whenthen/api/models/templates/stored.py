"""Shape stored templates: as they were written, saved and used."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import EXTENDS, Described, Model, Time
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.events.event import format_time
from whenthen.domain.lint import findings
from whenthen.ports.templates import StoredTemplate
from whenthen.ports.values import Page

TemplateBody = Annotated[dict[str, Any], Body(description="A template."), Described("Template")]


class RestoreRequest(Model):
    """The version that becomes the newest."""

    version: int = Field(ge=1, examples=[1])


class TemplateFinding(ReasonText):
    """Something in a template that looks like a mistake."""

    field: str = Field(description="A path such as `texts.tr.subject`.", examples=["texts.tr.subject"])

    @classmethod
    def of_finding(cls, renderer: Renderer, field: str, finding: findings.Finding | Any) -> TemplateFinding:
        """Render a finding or a problem."""
        said = ReasonText.of(renderer, finding.reason)
        return cls(field=field, code=said.code, params=said.params, text=said.text)


class SavedTemplate(Model):
    """A template as it was written, and what the store knows of it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={EXTENDS: "Template"})
    id: str = Field(examples=["template_4be1"])
    version: int = Field(description="Counts the saves; it is the ETag.")
    updated_at: Time
    updated_by: str = Field(description="The id of the API key that saved it.")

    @classmethod
    def of(cls, template: StoredTemplate) -> SavedTemplate:
        """Show a template."""
        return cls.model_validate(_known(template))


class SavedTemplateWithWarnings(SavedTemplate):
    """A template that was saved just now, and what lint warns of."""

    warnings: list[TemplateFinding]

    @classmethod
    def of_saved(cls, renderer: Renderer, template: StoredTemplate) -> SavedTemplateWithWarnings:
        """Show a template that was saved just now."""
        warnings = [TemplateFinding.of_finding(renderer, each.field, each) for each in template.warnings]
        return cls.model_validate({**_known(template), "warnings": warnings})


def _known(template: StoredTemplate) -> dict[str, Any]:
    known = {
        "version": template.version,
        "updated_at": format_time(template.updated_at),
        "updated_by": template.updated_by,
    }
    return {**template.document, **known}


class TemplatePage(Model):
    """Some of the templates."""

    items: list[SavedTemplate]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, page: Page[StoredTemplate]) -> TemplatePage:
        """Show a page of templates."""
        return cls(items=[SavedTemplate.of(each) for each in page.items], cursor=page.cursor)


class TemplateVersions(Model):
    """Versions of a template, the newest first."""

    items: list[SavedTemplate]


class TemplateUses(Model):
    """The rules that name a template."""

    rules: list[str] = Field(description="Ids of rules.")
