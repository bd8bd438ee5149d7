"""The reference: complete, and JSON as it stands."""

from __future__ import annotations

import json

from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.capabilities import reference
from whenthen.domain.rules.triggers import On


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
