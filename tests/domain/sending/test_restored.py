"""Settings about a restore: how they are read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.sending.restored import RestoreSettings, read_restore_settings


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ({}, None),
        ({"unknown_until": None}, None),
        ({"unknown_until": ""}, None),
        ({"unknown_until": "2026-11-30T10:00:00Z"}, datetime(2026, 11, 30, 10, tzinfo=UTC)),
        ({"unknown_until": "2026-11-30t13:00:00+03:00"}, datetime(2026, 11, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_restore_says_until_when_nothing_is_known(written: Any, until: datetime | None) -> None:
    assert read_restore_settings(written) == RestoreSettings(until)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"unknown_until": "yesterday"}, "unknown_until"),
        ({"unknown_until": "2026-11-30"}, "unknown_until"),
        ({"unknown_until": "2026-11-30T10:00:00"}, "unknown_until"),
        ({"unknown_until": 5}, "unknown_until"),
        ({"until": "2026-11-30T10:00:00Z"}, "until"),
    ],
)
def test_what_is_not_understood_is_refused(written: Any, field: str) -> None:
    with pytest.raises(Invalid) as error:
        read_restore_settings(written)
    assert [problem.field for problem in error.value.problems] == [field]
