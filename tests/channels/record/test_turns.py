"""assign_owner: agents take turns, whoever else assigns at the same time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.channels.record.doing import done, lead
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.record.effect import NO_AGENT, OWNER_KEPT, UNCHANGED
from whenthen.channels.record.turns import CONTENDED_FOR, SPREAD, TRIES_IN_ONE_ROW, Turns
from whenthen.domain.runs.run import JobStatus

AGENTS = ["agent:ayse", "agent:budi", "agent:cem"]


def test_owners_take_turns(world: World) -> None:
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": AGENTS, "by": "round_robin"}}))
    for number in range(7):
        world.has_record(f"lead:{number}")
        world.happens("lead.created", str(number), subject=f"lead:{number}")
    world.run_out()
    owners = [world.records.stored[f"lead:{number}"].fields["owner"] for number in range(7)]
    assert owners == [AGENTS[number % 3] for number in range(7)]


def test_a_turn_is_moved_together_with_the_assignment(world: World) -> None:
    """Another took the turn between the look at whose it is and the write: then the next one's turn is taken."""

    class Overtaken:
        """Right before the first write another worker assigns a lead by the same rule."""

        def __init__(self) -> None:
            self.once = True

        def before(self, call: str) -> None:
            if call == "runs.complete_with" and self.once:
                self.once = False
                name = next(f"owner#{run.rule_id}#own" for run in world.all_runs)
                world.runs.counters[name] = world.runs.counter(name) + 1

        def after(self, call: str) -> None:
            pass

    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": AGENTS}}))
    world.happens("lead.created", subject="lead:1")
    world.functions = world.wire(Overtaken())
    world.run_out()
    assert lead(world).fields["owner"] == AGENTS[1]
    assert list(world.runs.counters.values()) == [2]


@pytest.mark.parametrize("by", ["round_robin", "first"])
@pytest.mark.parametrize("agent", [None, "", "  ", [], [None, ""]])
def test_no_owner_is_set_from_a_field_that_is_empty(world: World, agent: Any, by: str) -> None:
    world.has_record("lead:1", owner="agent:old", agent=agent)
    state = done(world, "assign_owner", **{"from": ["{{ record.agent }}", "{{ record.missing }}"], "by": by})
    assert lead(world).fields["owner"] == "agent:old"
    assert state.jobs[0].status is JobStatus.SKIPPED
    assert state.jobs[0].reason == NO_AGENT(ref="lead:1")


@pytest.mark.parametrize("by", ["round_robin", "first"])
def test_an_empty_field_has_no_turn(world: World, by: str) -> None:
    from_ = ["{{ record.missing }}", "agent:ayse", " {{ record.blank }} ", "agent:budi"]
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": from_, "by": by}}))
    for number in range(4):
        world.has_record(f"lead:{number}", blank=" ")
        world.happens("lead.created", str(number), subject=f"lead:{number}")
        world.run_out()
    owners = [world.records.stored[f"lead:{number}"].fields["owner"] for number in range(4)]
    assert owners == (["agent:ayse"] * 4 if by == "first" else ["agent:ayse", "agent:budi"] * 2)


def test_the_agents_may_stand_in_one_field(world: World) -> None:
    world.has_record("lead:1", team=["agent:ayse", "", "agent:budi"])
    done(world, "assign_owner", **{"from": ["{{ record.team }}"]})
    assert lead(world).fields["owner"] == "agent:ayse"


class Crowded:
    """Right before each write of the common row another worker takes its turn."""

    def __init__(self, world: World) -> None:
        self.world = world

    def before(self, call: str) -> None:
        if call == "runs.complete_with":
            counters = self.world.runs.counters
            name = next(f"owner#{run.rule_id}#own" for run in self.world.all_runs)
            counters[name] = counters.get(name, 0) + 1

    def after(self, call: str) -> None:
        pass


def test_workers_in_each_others_way_take_turns_in_rows_of_their_own(world: World) -> None:
    """Each row is exact, so over many leads no agent is ahead of another by more than one for each row."""
    leads = 200
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": AGENTS}}))
    for number in range(leads):
        world.has_record(f"lead:{number}")
        world.happens("lead.created", str(number), subject=f"lead:{number}")
    world.functions = world.wire(Crowded(world))
    world.run_out()
    owners = Counter(world.records.stored[f"lead:{number}"].fields["owner"] for number in range(leads))
    rows = {name: count for name, count in world.runs.counters.items() if name.count("#") == 3}
    assert len(rows) == SPREAD
    assert sum(rows.values()) == leads, "nobody got a turn in the row that others kept taking"
    assert max(owners.values()) - min(owners.values()) <= SPREAD


def test_the_common_row_is_tried_again_once_it_was_left_alone(world: World) -> None:
    turns, now = Turns(), world.clock.now()
    assert turns.row("owner#r#s", "job_1", 0, now) == ("owner#r#s", 0)
    name, place = turns.row("owner#r#s", "job_1", TRIES_IN_ONE_ROW, now)
    assert name == f"owner#r#s#{place}"
    assert turns.row("owner#r#s", "job_2", 0, now)[0] != "owner#r#s"
    assert turns.row("owner#r#other", "job_2", 0, now) == ("owner#r#other", 0)
    assert turns.row("owner#r#s", "job_2", 0, now + CONTENDED_FOR) == ("owner#r#s", 0)


def test_an_owner_that_is_there_is_kept_where_the_rule_says_so(world: World) -> None:
    world.has_record("lead:1", owner="agent:old")
    parameters: dict[str, Any] = {"from": AGENTS, "keep": True}
    state = done(world, "assign_owner", **parameters)
    assert lead(world).fields["owner"] == "agent:old"
    assert world.runs.counters == {}
    assert state.jobs[0].reason == UNCHANGED(reason=OWNER_KEPT(ref="lead:1", owner="agent:old"))
