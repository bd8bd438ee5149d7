"""The catalogue of the API: complete, and plain JSON."""

from __future__ import annotations

import json

from tests.domain import checklist
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.triggers import On
from whenthen.domain.schemas.capabilities import reference


def test_it_has_all_that_rules_are_made_of() -> None:
    document = json.loads(json.dumps(reference()))
    assert {row["trigger"] for row in document["triggers"]} == set(On)
    assert {row["name"] for row in document["operators"]} == set(OPERATORS)
    assert {row["name"] for row in document["actions"]} == set(actions())
    assert {"kinds", "record_events", "events"} <= document.keys()


def test_it_fits_into_an_answer() -> None:
    assert len(json.dumps(reference())) < 200_000


def test_a_form_can_be_built_from_it() -> None:
    (mail,) = [row for row in reference()["actions"] if row["name"] == "send_email"]
    (subject,) = [row for row in mail["parameters"] if row["name"] == "subject"]
    assert subject["required"]
    assert subject["type"] == "text"
    assert mail["template_replaces"] == ["subject", "text", "html"]
    assert mail["one_of"] == ["text", "html", "template"]


def test_each_row_of_the_checklist_is_served_by_an_existing_type_trigger_or_action() -> None:
    document = reference()
    assert checklist.EVENTS.keys() <= {row["type"] for row in (*document["events"], *document["record_events"])}
    assert checklist.TRIGGERS.keys() == {row["trigger"] for row in document["triggers"]}
    assert checklist.ACTIONS.keys() == {row["name"] for row in document["actions"]}


def test_the_catalogue_does_not_show_the_checklist() -> None:
    told = json.dumps(reference())
    marks = {mark for table in (checklist.EVENTS, checklist.TRIGGERS, checklist.ACTIONS) for mark in table.values()}
    assert not [mark for marks_of_one in marks for mark in marks_of_one.split() if f'"{mark}"' in told]
