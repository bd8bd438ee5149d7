"""Shape the question which of the runs that failed are tried again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Sparse, Time


class RunRetry(Sparse):
    """Name the runs that failed and are to be tried again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rule": "rule_1"}]})
    rule: str | None = Field(default=None, description="The id of their rule.")
    reason: str | None = Field(
        default=None, description="A code of their reason, or of one within it.", examples=["webhook.answered"]
    )
    channel: str | None = Field(default=None, description="The channel of the step that failed.", examples=["email"])
    since: Time | None = Field(default=None, description="They ended then or later.")
    until: Time | None = Field(default=None, description="They ended before.")
    status: Literal["failed", "unknown"] | None = Field(
        default="failed", description="`unknown`: steps that may have been done are done once more."
    )


RunRetryBody = Annotated[
    dict[str, Any], Body(description="Which runs: at least one of the first five."), Described(RunRetry)
]
