"""Rows about stages, views, time and other rules: T54–T61, T63."""

from __future__ import annotations

from datetime import timedelta

from tests.e2e.triggers.cases import Case, Document, Own, World, effect_step, is_, of_project
from tests.e2e.triggers.platforms import Mail
from tests.e2e.triggers.records import ByHand, Changed, Clock, Moment

_NEW, _WON = {"stage": "new"}, {"stage": "won"}


def _in(own: Own, field: str, value: str) -> Document:
    """The filter of a view: this row's records with that value."""
    return {"all": [of_project(own), is_(f"record.{field}", value)]}


def _over_a_status(world: World, own: Own) -> Document:
    view = {"kind": "contact", "filter": _in(own, "status", "active")}
    return {"schedule": {"at": world.due.isoformat(), **view}}


def _enters(_: World, own: Own) -> Document:
    return {"enters": {"kind": "contact", "filter": _in(own, "status", "vip")}}


def _leaves_a_saved_view(world: World, own: Own) -> Document:
    view = {"name": f"Won {own.key}", "kind": "deal", "filter": _in(own, "stage", "won")}
    return {"leaves": {"view": world.stack.api.post("/v1/views", view)["id"]}}


def _after_another(world: World, own: Own) -> Document:
    first = {
        "name": f"First of {own.id}",
        "trigger": {"event": "contact.updated"},
        "conditions": of_project(own),
        "steps": [effect_step(world, f"{own.id}-first")],
        "mode": "on",
    }
    return {"after_rule": [world.stack.api.post("/v1/rules", first)["id"]]}


def _at_the_moment(world: World, _: Own) -> Document:
    return {"schedule": {"at": world.due.isoformat()}}


def _is_in_contact(world: World, own: Own) -> bool:
    return bool(world.stack.api.get(f"/v1/records/lead/{own.id}")["fields"]["stage"] == "in_contact")


FLOW_ROWS = (
    Case("T54", "a deal moves to a stage", {"event": "deal.stage_changed", "field": "stage", "to": "won"},
         Changed("deal", (_NEW, {"stage": "talks"}), _WON)),
    Case("T54", "an item of the admin's own kind does", {"event": "refit.stage_changed", "field": "stage", "to": "won"},
         Changed("refit", (_NEW,), _WON)),
    Case("T55", "a card is in a status, at an hour", _over_a_status,
         Clock("contact", lambda _: {"status": "active"}), event="schedule.reached"),
    Case("T56", "a card enters a view", _enters,
         Changed("contact", ({"status": "new"},), {"status": "vip"}), event="contact.updated"),
    Case("T57", "a card leaves a saved view", _leaves_a_saved_view,
         Changed("deal", (_NEW, _WON), {"stage": "lost"}), event="deal.updated"),
    Case("T58", "another rule has finished", _after_another,
         Changed("contact", ({"city": "Pécs"},), {"city": "İzmir"}), event="rule.finished"),
    Case("T59", "a person starts the rule", {"manual": True}, ByHand("contact"), event="rule.started_manually"),
    Case("T60", "it is the customer's birthday", {"event": "birthday.reached"},
         Clock("contact", lambda due: {"birth_date": due.replace(year=1996).isoformat()}), kind="contact"),
    Case("T61", "a moment comes", _at_the_moment, Moment(), event="schedule.reached"),
    Case("T61", "a record's date is a week ahead", {"date": {"kind": "contract", "field": "renewal_at", "days": -7}},
         Clock("contract", lambda due: {"renewal_at": (due + timedelta(days=7)).isoformat()}), event="date.reached"),
    Case("T63", "a mail moves the lead to its stage",
         {"event": "email.received", "moves_to": {"stage": "in_contact", "from": ["new"]}},
         Mail(known="lead", fields=_NEW), kind="lead", proof=_is_in_contact),
)  # fmt: skip
