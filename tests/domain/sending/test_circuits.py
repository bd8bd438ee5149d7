"""When a channel pauses, when it is tried again, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from whenthen.domain.common.reasons import Reason
from whenthen.domain.sending.circuits import (
    CHANNEL_FAILING,
    CHANNEL_PAUSED_BY,
    TRIAL_LOST,
    Circuit,
    CircuitState,
    change_event,
)

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
DOWN = Reason("sample.down", {"status": 503})
MAIL = Circuit("email")


def rests(circuit: Circuit, trials: int) -> list[float]:
    """Seconds from each trial to the next, where all of them fail."""
    found, now = [], NOW
    for _ in range(trials):
        assert circuit.try_at is not None
        found.append((circuit.try_at - now).total_seconds())
        now = circuit.try_at
        circuit = circuit.trying(now)
    return found


@pytest.mark.parametrize(("account", "first", "longest"), [(False, 15, 120), (True, 60, 900)])
def test_it_is_tried_again_after_rests_that_grow(*, account: bool, first: float, longest: float) -> None:
    found = rests(MAIL.failing(DOWN, NOW, account=account), 12)
    assert first <= found[0] <= 1.2 * first
    assert 0.8 * longest <= found[-1] <= longest
    assert found[:3] == sorted(found[:3])


def test_one_job_may_try_it_when_its_rest_is_over() -> None:
    failing = MAIL.failing(DOWN, NOW, account=False)
    assert failing.try_at is not None
    assert [failing.may_try(at) for at in (NOW, failing.try_at)] == [False, True]
    assert not failing.trying(failing.try_at).may_try(failing.try_at), "another does"
    assert [failing.is_trial_lost(failing.try_at + by) for by in (timedelta(), TRIAL_LOST)] == [False, True]
    for other in (MAIL, MAIL.paused("key_1", NOW), failing.running(NOW)):
        assert not other.may_try(NOW + timedelta(days=1))
        assert not other.is_trial_lost(NOW + timedelta(days=1))


def test_it_says_why_jobs_wait() -> None:
    assert Circuit("webhook", "example.com").failing(DOWN, NOW, account=False).why == CHANNEL_FAILING(
        channel="webhook/example.com", reason=DOWN
    )
    assert MAIL.paused("key_1", NOW).why == CHANNEL_PAUSED_BY(channel="email", by="key_1")
    assert [each.blocks for each in (MAIL, MAIL.paused("key_1", NOW), MAIL.failing(DOWN, NOW, account=True))] == [
        False,
        True,
        True,
    ]


def test_once_it_runs_its_last_error_is_remembered_and_it_begins_anew() -> None:
    failing = MAIL.failing(DOWN, NOW, account=True).trying(NOW)
    running = failing.running(NOW, by="key_1", rate=60)
    assert (running.state, running.reason, running.trials, running.try_at) == (CircuitState.RUNNING, DOWN, 0, None)
    assert (running.by, running.rate, running.version) == ("key_1", 60, failing.version + 1)
    assert rests(running.failing(DOWN, NOW, account=False), 1)[0] <= 18, "not as an account's"


def test_only_what_pauses_or_goes_on_is_an_event() -> None:
    failing, paused = MAIL.failing(DOWN, NOW, account=False), MAIL.paused("key_1", NOW)
    told = [
        change_event(None, failing),
        change_event(failing, failing.trying(NOW)),
        change_event(failing, failing.paused("key_1", NOW)),
        change_event(failing, failing.running(NOW)),
        change_event(paused, paused.running(NOW, by="key_2")),
        change_event(None, MAIL),
    ]
    assert [(event.type, event.data["by"]) if event else None for event in told] == [
        ("channel.paused", "engine"),
        None,
        None,
        ("channel.resumed", "engine"),
        ("channel.resumed", "key_2"),
        None,
    ]


def test_each_pause_has_an_event_of_its_own() -> None:
    first = MAIL.failing(DOWN, NOW, account=False)
    running = first.running(NOW + timedelta(minutes=1))
    second = running.failing(DOWN, NOW + timedelta(minutes=2), account=False)
    ids = {event.id for event in (change_event(None, first), change_event(running, second)) if event}
    assert len(ids) == 2
    assert change_event(None, first) == change_event(None, first)
