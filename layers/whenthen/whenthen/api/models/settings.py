"""Shape the settings of the installation, one document for each subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Sparse, Time

Created = Literal["contact", "lead", "none"]


class CreatedKinds(Sparse):
    """Which record an unknown sender becomes, by channel."""

    model_config = ConfigDict(extra="forbid")
    whatsapp: Created | None = "contact"
    email: Created | None = "none"


class PeopleSettings(Sparse):
    """`people`: what becomes of unknown people who write."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"create": {"email": "contact"}}]})
    create: CreatedKinds | None = Field(default=None, description="A channel that is not named has its default.")


class WatchedForm(Sparse):
    """A form whose leads are asked for."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(examples=["4711"])
    since: Time | None = Field(default=None, description="From when on; by default from the first comparison.")


class LeadSettings(Sparse):
    """`leads`: which of Meta's forms are asked for leads whose webhook was lost."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"forms": ["111", {"id": "222"}], "ignore": ["333"]}]}
    )
    reconcile: bool | None = Field(default=True, description="Whether forms are asked at all.")
    forms: list[str | WatchedForm] | None = Field(default=None, description="Besides those of earlier leads.")
    ignore: list[str] | str | None = Field(default=None, description="Ids of forms that are not asked.")


class CalendarSettings(Sparse):
    """`calendar`: the defaults of rules that name none themselves."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"time_zone": "Europe/Istanbul", "country": "TR", "language": "tr"}]},
    )
    time_zone: str | None = Field(default=None, description="An IANA time zone; by default UTC.")
    country: str | None = Field(
        default=None,
        description="ISO 3166 alpha-2, by which phone numbers without a country code and ambiguous dates are read.",
    )
    language: Literal["en", "he", "hu", "id", "tr"] | None = Field(
        default=None, description="Of words that whenthen writes in texts; by default English."
    )


Settings = PeopleSettings | LeadSettings | CalendarSettings
"""The document of one subject; empty where every default holds."""

SettingsBody = Annotated[
    dict[str, Any],
    Body(description="The document of one subject."),
    Described(PeopleSettings, LeadSettings, CalendarSettings),
]

_MODELS: Mapping[str, type[PeopleSettings] | type[LeadSettings] | type[CalendarSettings]] = {
    "calendar": CalendarSettings,
    "leads": LeadSettings,
    "people": PeopleSettings,
}


def shown(name: str, document: Mapping[str, Any]) -> Settings:
    """Show the settings of a subject. Raises KeyError for an unknown one."""
    return _MODELS[name].model_validate(document)
