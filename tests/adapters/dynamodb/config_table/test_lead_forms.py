"""The forms of Meta on DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.config_table.lead_forms import DynamoLeadForms
from whenthen.domain.common.reasons import Reason
from whenthen.sources.meta.lead_forms import LeadForm

WHOLE = LeadForm(
    id="11",
    since=NOW,
    page_id="9",
    asked=NOW - timedelta(days=3),
    begun=NOW,
    after="c1==",
    swept_at=NOW,
    last_lead=NOW - timedelta(hours=1),
    missed=3,
    queued=("71", "72"),
    error=Reason("meta.error", {"reason": Reason("meta.no_permission"), "error": 10}),
)


@pytest.fixture
def forms(dynamodb: Any) -> DynamoLeadForms:
    return DynamoLeadForms(dynamodb, CONFIG)


def test_a_form_comes_back_as_it_was_kept(forms: DynamoLeadForms) -> None:
    bare = LeadForm("22", NOW)
    for form in (bare, WHOLE):
        forms.save(form)
    assert forms.all() == [WHOLE, bare]


def test_a_form_that_is_known_is_not_begun_again(forms: DynamoLeadForms, dynamodb: Any) -> None:
    forms.note(LeadForm("11", NOW))
    forms.save(WHOLE)
    for process in (forms, DynamoLeadForms(dynamodb, CONFIG)):
        process.note(LeadForm("11", NOW))
    assert forms.all() == [WHOLE]


def test_a_process_writes_each_form_once(dynamodb: Any) -> None:
    class Counting:
        calls = 0

        def put_item(self, **request: Any) -> Any:
            self.calls += 1
            return dynamodb.put_item(**request)

    client = Counting()
    forms = DynamoLeadForms(client, CONFIG)
    for _ in range(5):
        forms.note(WHOLE)
    assert client.calls == 1
