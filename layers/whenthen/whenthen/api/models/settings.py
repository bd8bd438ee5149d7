"""Shape the settings of the installation, one document for each subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Sparse, Time

Created = Literal["contact", "lead", "none"]


class CreatedKinds(Sparse):
    """The record that an unknown sender becomes, by channel."""

    model_config = ConfigDict(extra="forbid")
    whatsapp: Created | None = "contact"
    email: Created | None = "none"
    sms: Created | None = "none"


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


Span = Annotated[list[str], Field(min_length=2, max_length=2, examples=[["09:00", "18:00"]])]
"""From when to when; the end may be 24:00."""


class WorkingHours(Sparse):
    """When people work on each day: one span, or a list of them. A day that is left out is a day off."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"mon": ["09:00", "18:00"], "sat": [["09:00", "12:00"], ["13:00", "15:00"]]}]},
    )
    mon: Span | list[Span] | None = None
    tue: Span | list[Span] | None = None
    wed: Span | list[Span] | None = None
    thu: Span | list[Span] | None = None
    fri: Span | list[Span] | None = None
    sat: Span | list[Span] | None = None
    sun: Span | list[Span] | None = None


class Holidays(Sparse):
    """The days on which nobody works, besides days off."""

    model_config = ConfigDict(extra="forbid")
    country: str | None = Field(
        default=None,
        description="Whose public holidays, as ISO 3166 alpha-2; by default that of the calendar, null for none.",
    )
    subdivision: str | None = Field(
        default=None, description="A part of the country with holidays of its own, by its code of ISO 3166-2."
    )
    also: list[str] | str | None = Field(
        default=None, description="Further days, at most 1,000.", examples=[["2026-12-31"]]
    )
    worked: list[str] | str | None = Field(
        default=None, alias="except", description="Holidays of the country that are worked, at most 1,000."
    )


class CalendarSettings(Sparse):
    """`calendar`: the defaults of rules that name none themselves, and when the installation works."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "time_zone": "Europe/Istanbul",
                    "country": "TR",
                    "language": "tr",
                    "working_hours": {"mon": ["09:00", "18:00"], "tue": ["09:00", "18:00"]},
                    "holidays": {"country": "TR", "also": ["2026-12-31"]},
                }
            ]
        },
    )
    working_hours: WorkingHours | None = Field(
        default=None,
        description="By default 09:00 to 18:00 on days that are no weekend in the country of the holidays.",
    )
    holidays: Holidays | None = Field(default=None, description="By default no day is a holiday.")
    time_zone: str | None = Field(default=None, description="An IANA time zone; by default UTC.")
    country: str | None = Field(
        default=None,
        description="ISO 3166 alpha-2, by which phone numbers without a country code and ambiguous dates are read.",
    )
    language: Literal["en", "he", "hu", "id", "tr"] | None = Field(
        default=None, description="Of words that whenthen writes in texts; by default English."
    )


class QuietHoursSetting(Sparse):
    """Hours of each day at which no message goes to a customer; over midnight if `to` is the earlier one."""

    model_config = ConfigDict(extra="forbid")
    start: str = Field(alias="from", examples=["21:00"])
    end: str = Field(alias="to", examples=["09:00"])


class CapSetting(Sparse):
    """How many marketing messages one person gets at most within any window of this length."""

    model_config = ConfigDict(extra="forbid")
    channel: str = Field(description="A channel that sends messages, or `any` for all together.", examples=["whatsapp"])
    most: int = Field(description="From 1 to 100.", examples=[2])
    per: dict[str, int] = Field(
        description="Weeks, days, hours and minutes of elapsed time, at most 366 days.", examples=[{"days": 7}]
    )


class LimitSettings(Sparse):
    """`limits`: when messages to customers are held. What is held goes when it may; nothing is dropped."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "quiet_hours": {"from": "21:00", "to": "09:00"},
                    "marketing": [{"channel": "whatsapp", "most": 2, "per": {"days": 7}}],
                }
            ]
        },
    )
    quiet_hours: QuietHoursSetting | None = Field(
        default=None, description="By the recipient's clocks; by default none."
    )
    marketing: list[CapSetting] | None = Field(default=None, description="Caps, all of which hold; at most 20.")
    work: str = Field(
        default_factory=str,
        description="The id of the work that lets messages go which were held. Answered only, when it begins.",
    )


class FailureSettings(Sparse):
    """`failures`: when a rule that keeps failing pauses itself, and when it is tried again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"pause_after": 20, "within": {"minutes": 10}, "try_again_after": {"minutes": 30}}]
        },
    )
    pause_after: int | None = Field(
        default=20, ge=0, le=1_000, description="Failed runs of a rule; 0: it never pauses."
    )
    within: dict[str, int] | None = Field(default=None, description="In this time; by default 10 minutes.")
    try_again_after: dict[str, int] | None = Field(
        default=None, description="Time after which one run tries again; by default 30 minutes."
    )


class SendingSettings(Sparse):
    """`sending`: the switch that stops all sending of the installation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"paused": True}]})
    paused: bool | None = Field(default=False, description="Whether every job that reaches outside is held.")
    rate_per_minute: int | None = Field(
        default=600, ge=1, le=60_000, description="How many jobs a minute go on when it is switched on again."
    )
    work: str = Field(
        default_factory=str, description="The id of the work that lets them go on. Answered only, when it begins."
    )


class RestoreSettings(Sparse):
    """`restore`: what is not known after the tables were set back to an earlier time."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"unknown_until": "2026-11-30T10:00:00Z"}]}
    )
    unknown_until: str | None = Field(
        default=None,
        description="Messages that were due until then and have no outcome may have been sent: they go out no more.",
    )


Settings = (
    PeopleSettings
    | LeadSettings
    | CalendarSettings
    | LimitSettings
    | SendingSettings
    | FailureSettings
    | RestoreSettings
)
"""The document of one subject; empty where every default holds."""

SettingsBody = Annotated[
    dict[str, Any],
    Body(description="The document of one subject."),
    Described(
        PeopleSettings, LeadSettings, CalendarSettings, LimitSettings, SendingSettings, FailureSettings, RestoreSettings
    ),
]

_MODELS: Mapping[str, type[Sparse]] = {
    "calendar": CalendarSettings,
    "failures": FailureSettings,
    "leads": LeadSettings,
    "limits": LimitSettings,
    "people": PeopleSettings,
    "restore": RestoreSettings,
    "sending": SendingSettings,
}


def shown(name: str, document: Mapping[str, Any]) -> Settings:
    """Show the settings of a subject. Raises KeyError for an unknown one."""
    found: Any = _MODELS[name].model_validate(document)
    settings: Settings = found
    return settings
