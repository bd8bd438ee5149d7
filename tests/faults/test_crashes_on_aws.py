"""Crash sweep over AWS: a function is killed before and after each single call to AWS and to the outside.

The same stories and the same demands as in `test_crashes`, on the deployed handlers and the real adapters.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws import empty, empty_aws
from tests.faults.aws_stage import AwsStage
from tests.faults.entry_stories import ENTRY_STORIES
from tests.faults.hold_stories import HOLD_STORIES
from tests.faults.killed_copies import KilledCopies
from tests.faults.kills import Kills, tell
from tests.faults.other_stories import OTHER_STORIES
from tests.faults.stories import STORIES
from tests.faults.telling import KEYLESS, Story, verify
from whenthen.adapters.aws import client, parallel
from whenthen.usecases.enrolments import count_members, let_enter

# runtime.observability silences it, but pytest sets the filters anew for each test.
pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
    # A copy has but the one thread that made it, and needs no other.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

ALL = (*STORIES, *OTHER_STORIES, *HOLD_STORIES, *ENTRY_STORIES)
PARTS = 4
"""Each story is swept in so many parts, which can run side by side."""


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No call leaves the process, and nobody sleeps."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "whenthen")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    monkeypatch.setattr(count_members, "PAGE", 1)
    monkeypatch.setattr(count_members, "PAGES", 1)
    monkeypatch.setattr(let_enter, "BATCH", 1)
    monkeypatch.setattr(client, "sleep", lambda _seconds: None)
    monkeypatch.setattr(parallel, "AT_ONCE", 1)  # one call after the other, so that each is a moment of its own
    with empty_aws():
        yield


def fresh(kills: Kills) -> AwsStage:
    """A stage on an AWS that holds nothing."""
    empty()
    return AwsStage(kills)


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.name)
def test_undisturbed_everything_happens_once(story: Story) -> None:
    kills = Kills()
    verify(story, tell(story, fresh(kills), kills))
    assert len(kills.passed) > 10


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("story", ALL, ids=lambda story: story.name)
def test_a_crash_at_any_call_loses_nothing_and_doubles_nothing(story: Story, part: int) -> None:
    kills = KilledCopies(story.about, part, PARTS)
    with kills.each():
        stage = tell(story, fresh(kills), kills)
        verify(story, stage, ambiguous=frozenset(KEYLESS if kills.killed_between_claim_and_outcome else ()))
    assert kills.copies
