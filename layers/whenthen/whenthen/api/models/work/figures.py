"""Shape figures: how many runs and jobs ended how, by day."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from whenthen.api.models.base import Model, Sparse
from whenthen.domain.figures import figure
from whenthen.domain.figures.figure import By
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.ports.values import Page


class Figure(Sparse):
    """The outcomes of one rule, channel or code on one day."""

    day: dt.date = Field(description="In UTC.", examples=["2026-11-30"])
    rule: str = Field(default_factory=str, description="The rule, if the figures are by rule.")
    channel: str = Field(default_factory=str, description="The channel, if they are by channel.", examples=["email"])
    code: str = Field(default_factory=str, description="The code of the reason, if they are by code.")
    runs: dict[RunStatus, int] = Field(
        default_factory=dict,
        description="Outcome of runs → how many; by rule only.",
        examples=[{"done": 120, "failed": 2}],
    )
    jobs: dict[JobStatus, int] = Field(
        description="Outcome of jobs → how many.", examples=[{"done": 230, "skipped": 12}]
    )

    @classmethod
    def of(cls, shown: figure.Figure, by: By) -> Figure:
        """Show a figure."""
        given = {by.value: shown.name, **({"runs": shown.runs} if shown.runs else {})}
        return cls.model_validate({"day": shown.day, "jobs": shown.jobs, **given})


class FiguresPage(Model):
    """Some of the figures, the newest day first."""

    items: list[Figure]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, page: Page[figure.Figure], by: By) -> FiguresPage:
        """Show a page of figures."""
        return cls(items=[Figure.of(each, by) for each in page.items], cursor=page.cursor)
