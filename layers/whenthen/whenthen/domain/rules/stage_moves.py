"""Read the move of a stage trigger: the stage that the item moves to, and the conditions on the item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import required_condition

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader
    from whenthen.domain.conditions.predicate import Predicate

MAX_STAGES = 50

STAGE_TEMPLATE = ReasonCode("stage.template")
SAME_STAGE = ReasonCode("stage.same", "stage")


class Moves(Struct, frozen=True):
    """Move the item to the stage in which the rule stands.

    demands  what must hold of the item: that there is one, and that it stands elsewhere, where it may leave
    where    those of them that tell where it stands, without what follows of them
    """

    stage: str
    demands: tuple[Predicate, ...]
    where: tuple[Predicate, ...]


def read_moves(part: Reader) -> Moves:
    """Read the `moves_to` of a trigger: `stage`, and `pipeline` and `from`, where the item may come from."""
    stage = part.text("stage", required=True)
    pipeline = part.text("pipeline")
    from_stages = part.texts("from", most=MAX_STAGES)
    part.finish()
    if "{" in stage:
        part.report("stage", STAGE_TEMPLATE())
    if stage in from_stages:
        part.report("from", SAME_STAGE(stage=stage))
    elsewhere = required_condition("record.stage", "not_equals", stage or "?")
    where = [required_condition("record.pipeline", "equals", pipeline)] if pipeline else []
    match from_stages:
        case ():
            where.append(elsewhere)
        case (single,):
            where.append(required_condition("record.stage", "equals", single))
        case several:
            where.append(required_condition("record.stage", "in", list(several)))
    # The field may hold a list of stages: the item is elsewhere only if none of them is the one it goes to.
    also = () if elsewhere in where else (elsewhere,)
    return Moves(stage, (required_condition("record.id", "exists", value=True), *also, *where), tuple(where))
