"""Shape saved views."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import EXTENDS, Described, Model, Time
from whenthen.domain.events.event import format_time
from whenthen.ports.values import Page, StoredView

ViewBody = Annotated[dict[str, Any], Body(description="A view."), Described("View")]


class SavedView(Model):
    """A view as it was written, and what the store knows of it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={EXTENDS: "View"})
    id: str = Field(examples=["view_4be1"])
    version: int = Field(description="Counts the saves; it is the ETag.")
    updated_at: Time
    updated_by: str = Field(description="The id of the API key that saved it.")

    @classmethod
    def of(cls, view: StoredView) -> SavedView:
        """Show a view."""
        return cls.model_validate(_known(view))


class ViewWithRules(SavedView):
    """A view, and the rules that name it."""

    rules: list[str] = Field(description="Ids of rules.")

    @classmethod
    def of_used(cls, view: StoredView, rules: tuple[str, ...]) -> ViewWithRules:
        """Show a view with the ids of its rules."""
        return cls.model_validate({**_known(view), "rules": list(rules)})


def _known(view: StoredView) -> dict[str, Any]:
    known = {"version": view.version, "updated_at": format_time(view.updated_at), "updated_by": view.updated_by}
    return {**view.document, **known}


class ViewPage(Model):
    """Some of the views."""

    items: list[SavedView]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, page: Page[StoredView]) -> ViewPage:
        """Show a page of views."""
        return cls(items=[SavedView.of(view) for view in page.items], cursor=page.cursor)
