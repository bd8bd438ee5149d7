"""Name a run that may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.simulation.model.spans import Span
from tests.simulation.story import Rule


@dataclass(frozen=True)
class Course:
    """A run that may be: of a rule, an event and a lead.

    starts  when the machinery comes to it
    ends    when other runs end it
    """

    rule: Rule
    number: int
    record: str
    happened: datetime
    starts: Span
    ends: tuple[Span, ...] = ()
