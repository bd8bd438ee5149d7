"""Do what people do to rules, runs, leads and to all sending, as the API does it."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation.disturbed import DisturbedWorld
from tests.simulation.documents import rule_document
from tests.simulation.story import ADDED, Bulk, Control, Deletes, Removes, Revises, Rule, Sending, Switches
from whenthen.domain.work.work import RunChange
from whenthen.usecases.control.runs_of_rules import DELETED, OF_MODE, REPLACED, RunsOfRules
from whenthen.usecases.control.switch_sending import SwitchSending
from whenthen.usecases.records.delete_record import DeleteRecord

BY = "key_of_an_admin"


def control(world: DisturbedWorld, rules: dict[str, Rule], number: int, action: Control) -> None:
    """Let a person do this; who gets no answer does it again. Its number in the story is its idempotency key."""
    seed = str(number)
    match action:
        case Switches(rule, mode, runs):
            world.has_rule({**rule_document(rules[rule]), "mode": mode})
            world.persist(lambda: _runs_of(world)(OF_MODE[mode], runs, rule, seed=seed, by=BY))
        case Removes(rule, runs):
            stored = world.rules.current_rules.get(rule)
            if stored is not None:
                world.rules.delete(stored, world.rules.version(rule, stored.version))
            world.persist(lambda: _runs_of(world)(DELETED, runs, rule, seed=seed, by=BY))
        case Revises(rule, runs):
            revised = rules[rule] = replace(rules[rule], steps=(*rules[rule].steps, ADDED))
            version = world.has_rule(rule_document(revised)).version
            world.persist(lambda: _runs_of(world)(REPLACED, runs, rule, seed=seed, by=BY, version=version))
        case Bulk(rule, change):
            asked, selection = RunChange(change), {"rule": rule}
            world.persist(lambda: world.functions.manage_work.ask(asked, selection, seed=seed, by=BY))
        case Deletes(record):
            if world.records.get(f"lead:{record}") is not None:
                DeleteRecord(world.records)(f"lead:{record}", version=None, origin="human")
        case Sending(paused):
            switch = SwitchSending(world.settings, world.functions.manage_work)
            world.persist(lambda: switch({"paused": paused}, seed=seed, by=BY))
    world.settle()


def _runs_of(world: DisturbedWorld) -> RunsOfRules:
    return RunsOfRules(world.functions.manage_work)
