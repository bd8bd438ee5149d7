"""API keys and sources on DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.samples import NOW, minutes
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.config_table.settings import DynamoApiKeys, DynamoSettings, DynamoSources, DynamoSweeps
from whenthen.domain.common.errors import NotFound
from whenthen.domain.scheduling.sweep_window import Checkpoint, SweepProgress
from whenthen.ports.values import ApiKey


def test_a_key_is_found_by_its_hash(dynamodb: Any) -> None:
    keys = DynamoApiKeys(dynamodb, CONFIG)
    key = ApiKey("key_1", "ab" * 32, "CI", ("rules:read", "rules:write"))
    keys.add(key)
    keys.add(ApiKey("key_2", "cd" * 32, "none", ()))
    assert keys.find("ab" * 32) == key
    assert keys.find("ef" * 32) is None


def test_sources_are_kept_replaced_and_listed_by_name(dynamodb: Any) -> None:
    sources = DynamoSources(dynamodb, CONFIG)
    for name in ("shop", "bank"):
        sources.save(name, {"name": name, "scheme": {"kind": "standard_webhooks"}})
    sources.save("shop", {"name": "shop", "scheme": {"kind": "stripe"}, "rate": 1.0})
    assert sources.get("shop") == {"name": "shop", "scheme": {"kind": "stripe"}, "rate": 1.0}
    assert [source["name"] for source in sources.list()] == ["bank", "shop"]


@pytest.mark.parametrize("name", ["nobody", ""])
def test_a_source_that_is_not_there_is_not_found(dynamodb: Any, name: str) -> None:
    with pytest.raises(NotFound):
        DynamoSources(dynamodb, CONFIG).get(name)


def test_settings_are_kept_by_name_and_empty_until_then(dynamodb: Any) -> None:
    settings = DynamoSettings(dynamodb, CONFIG)
    assert settings.get("people") == {}
    settings.save("people", {"create": {"email": "lead"}})
    assert settings.get("people") == {"create": {"email": "lead"}}
    assert settings.get("others") == {}


def test_the_mark_of_the_sweeps_moves_on_from_where_it_was_read_and_from_nowhere_else(dynamodb: Any) -> None:
    sweeps = DynamoSweeps(dynamodb, CONFIG)
    first = Checkpoint(NOW)
    under_way = Checkpoint(
        NOW, SweepProgress(minutes(5), ("birthday.reached", "rule_1", "1", "date#contact.birth_date#03-14", "a"))
    )
    further = Checkpoint(
        NOW, SweepProgress(minutes(5), ("birthday.reached", "rule_2", "1", "~")), {"rule_1": minutes(-5)}
    )
    assert sweeps.last() is None
    assert sweeps.move(None, first)
    assert not sweeps.move(None, under_way), "it is not the first any more"
    for last, mark in ((first, under_way), (under_way, further), (further, Checkpoint(minutes(5)))):
        assert sweeps.last() == last
        for wrong in (first, under_way, further):
            assert wrong == last or not sweeps.move(wrong, mark)
        assert sweeps.move(last, mark)
    assert sweeps.last() == Checkpoint(minutes(5))
