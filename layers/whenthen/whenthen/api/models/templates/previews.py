"""Shape previews: for whom they are made, and the message that would go out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from whenthen.api.models.base import Described, Model
from whenthen.api.models.templates.stored import TemplateFinding
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.sending import sms_parts
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.usecases.templates.preview_template import Preview


class PreviewRequest(Model):
    """For whom a preview is made; without a record and fields, for nobody."""

    record: str = Field(default_factory=str, description="The ref of a record.", examples=["contact:42"])
    fields: dict[str, Any] = Field(
        default_factory=dict, description="In place of the record's own, or of a record that there need not be."
    )
    event: str = Field(default_factory=str, description="The id of an event; its record is taken if none is named.")
    data: dict[str, Any] = Field(default_factory=dict, description="`event.data` of an event that there need not be.")
    language: str = Field(default_factory=str, description="In place of the record's own.", examples=["tr-TR"])
    channel: Literal["any", "email", "sms", "whatsapp"] | None = Field(
        None, description="The channel whose bounds are looked at; by default the template's own."
    )
    version: int | None = Field(None, ge=1, description="By default the current one.")


class DraftPreviewRequest(PreviewRequest):
    """A template that is not stored, and for whom its preview is made."""

    template: dict[str, Any] = Field(description="A template, as it would be saved.")


PreviewBody = Annotated[dict[str, Any], Body(description="For whom."), Described(PreviewRequest)]
DraftPreviewBody = Annotated[
    dict[str, Any], Body(description="A template, and for whom."), Described(DraftPreviewRequest)
]


class SmsParts(Model):
    """How a text is sent as an SMS, and how many messages are charged."""

    encoding: str = Field(description="GSM-7, or UCS-2 with less than half as many characters.", examples=["GSM-7"])
    parts: int
    units: int = Field(description="Of the encoding: some characters take two.")
    foreign: list[str] = Field(description="Characters that force UCS-2, the first ten.", examples=[["ş"]])

    @classmethod
    def of(cls, text: str) -> SmsParts:
        """Count the parts of a text."""
        found = sms_parts.sms_parts(text)
        return cls(encoding=found.encoding.value, parts=found.parts, units=found.units, foreign=list(found.foreign))


class PreviewedMessage(Model):
    """The message that would go out, and what it lacks."""

    channel: str = Field(description="The channel whose bounds were looked at.", examples=["email"])
    version: int | None = Field(description="Of the template; null for one that is not stored.")
    language: str = Field(description="The language of the texts that were chosen.", examples=["tr"])
    locale: str = Field(description="The locale of numbers and dates; empty without texts.", examples=["tr-TR"])
    subject: str
    text: str
    html: str
    length: int = Field(description="Characters of the text.")
    sms: SmsParts | None = Field(description="How the text is sent as an SMS; null if it is for other channels only.")
    missing: list[str] = Field(
        description="Fields that the texts name and that are missing or blank.", examples=[["record.first_name"]]
    )
    problems: list[TemplateFinding] = Field(description="Why the message cannot be made; then its texts are empty.")

    @classmethod
    def of(cls, renderer: Renderer, preview: Preview) -> PreviewedMessage:
        """Show a preview."""
        message = preview.message
        return cls(
            channel=preview.channel.value,
            version=preview.version,
            language=message.language,
            locale=message.locale,
            subject=message.subject,
            text=message.text,
            html=message.html,
            length=len(message.text),
            sms=SmsParts.of(message.text) if preview.channel in (Channel.ANY, Channel.SMS) else None,
            missing=list(preview.missing),
            problems=[TemplateFinding.of_finding(renderer, each.field, each) for each in preview.problems],
        )
