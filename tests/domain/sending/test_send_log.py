"""Caps: who gets a place, who waits and until when, and who goes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.sending.holds import Hold
from whenthen.domain.sending.limits import Cap
from whenthen.domain.sending.send_log import (
    MAX_SENT,
    PATIENCE,
    SETTLE,
    Decision,
    Request,
    SendLog,
    Sent,
    decide,
    without,
)

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
WEEKLY = Cap("whatsapp", 2, 7 * DAY)


def at_once(moment: datetime) -> datetime:
    return moment


def ask(job: str = "j", at: timedelta = timedelta(), **more: Any) -> Request:
    given: dict[str, Any] = {"channel": "whatsapp", "priority": 0, "caps": (WEEKLY,), "opens_at": at_once}
    return Request(job=job, now=NOW + at, **(given | more))


def sent(*ago: float, channel: str = "whatsapp") -> SendLog:
    return SendLog(tuple(Sent(f"old{days}", NOW - days * DAY, channel) for days in ago), (), 7 * DAY, 1)


def settled(request: Request, log: SendLog | None = None, *, rivals: bool = False) -> Decision:
    return decide(request, log or SendLog(), (), rivals=rivals)


@pytest.mark.parametrize(
    ("log", "caps", "free_after"),
    [
        (SendLog(), (WEEKLY,), None),
        (sent(1), (WEEKLY,), None),
        (sent(1, 2), (WEEKLY,), 5 * DAY),
        (sent(6.5, 2, 1), (WEEKLY,), 5 * DAY),
        (sent(7, 2), (WEEKLY,), None),  # a week ago to the second is a week ago
        (sent(1, 2, channel="email"), (WEEKLY,), None),
        (sent(1, 2, channel="email"), (Cap("any", 2, 7 * DAY),), 5 * DAY),
        (sent(1, 2), (WEEKLY, Cap("whatsapp", 1, 30 * DAY)), 29 * DAY),
        (sent(0.1), (WEEKLY, Cap("any", 1, DAY)), 0.9 * DAY),
    ],
)
def test_a_full_cap_holds_until_its_next_place(
    log: SendLog, caps: tuple[Cap, ...], free_after: timedelta | None
) -> None:
    hold = settled(ask(caps=caps), log).hold
    assert (hold.until - NOW if hold else None) == free_after


def test_a_message_takes_its_place_once() -> None:
    first = settled(ask("a")).log
    again = settled(ask("a", timedelta(minutes=1)), first)
    assert again.hold is None
    assert [each.job for each in again.log.sent] == ["a"]
    assert [each.at for each in again.log.sent] == [NOW + timedelta(minutes=1)]


def test_a_place_is_free_again_when_the_message_did_not_go() -> None:
    log = settled(ask("b"), settled(ask("a")).log).log
    assert settled(ask("c"), log).hold is not None
    assert settled(ask("c"), without(log, "a")).hold is None


def test_messages_under_other_identities_of_the_person_count() -> None:
    elsewhere = [Sent("x", NOW - DAY, "whatsapp"), Sent("y", NOW - DAY, "whatsapp")]
    assert decide(ask(), SendLog(), elsewhere, rivals=False).hold is not None
    # The same message under both identities is one message.
    log = SendLog((Sent("x", NOW - DAY, "whatsapp"),), (), 7 * DAY, 1)
    assert decide(ask(), log, elsewhere[:1], rivals=False).hold is None


def test_an_urgent_message_goes_over_the_cap_and_counts() -> None:
    found = settled(ask(urgent=True), sent(1, 2))
    assert found.hold is None
    assert len(found.log.sent) == 3


def test_a_hold_that_would_end_in_quiet_hours_ends_after_them() -> None:
    def not_on_thursday(moment: datetime) -> datetime:
        return moment + 3 * timedelta(hours=1) if moment.weekday() == 3 else moment

    hold = settled(ask(opens_at=not_on_thursday), sent(1, 2)).hold
    assert hold is not None
    assert hold.until == NOW + 5 * DAY + timedelta(hours=3)
    assert hold.reason.code == "hold.cap"


def test_quiet_hours_hold_before_a_cap_does() -> None:
    found = settled(ask(opens_at=lambda _: NOW + timedelta(hours=2)))
    assert found.hold is not None
    assert (found.hold.until, found.hold.reason.code) == (NOW + timedelta(hours=2), "hold.quiet_hours")
    assert [each.job for each in found.log.waiting] == ["j"]
    assert found.log.sent == ()


def quiet_until_noon(moment: datetime) -> datetime:
    return max(moment, NOW + timedelta(hours=2))


def two_that_wait(cap: Cap) -> SendLog:
    """Two messages that quiet hours hold, the less important one first."""
    log = settled(ask("low", caps=(cap,), opens_at=quiet_until_noon)).log
    return settled(ask("high", caps=(cap,), priority=5, opens_at=quiet_until_noon), log).log


def test_of_those_that_wait_the_higher_priority_goes_first() -> None:
    cap, noon = Cap("whatsapp", 1, 7 * DAY), timedelta(hours=2)
    log = two_that_wait(cap)
    low = settled(ask("low", noon, caps=(cap,)), log)
    assert low.hold is not None
    assert (low.hold.brief, low.hold.until) == (True, NOW + noon + SETTLE)
    high = settled(ask("high", noon, caps=(cap,), priority=5), low.log)
    assert high.hold is None
    again = settled(ask("low", noon + SETTLE, caps=(cap,)), high.log)
    assert again.hold is not None
    assert (again.hold.brief, again.hold.until) == (False, NOW + noon + 7 * DAY)


def test_nobody_waits_for_a_message_that_never_comes() -> None:
    cap, noon = Cap("whatsapp", 1, 7 * DAY), timedelta(hours=2)
    log = two_that_wait(cap)
    low = settled(ask("low", noon, caps=(cap,)), log)
    assert settled(ask("low", noon + PATIENCE, caps=(cap,)), low.log).hold is None


def test_nobody_waits_while_there_is_place_for_all() -> None:
    noon = timedelta(hours=2)
    log = two_that_wait(WEEKLY)
    low = settled(ask("low", noon), log)
    assert low.hold is None
    assert settled(ask("high", noon, priority=5), low.log).hold is None


def test_those_of_one_priority_go_in_the_order_in_which_they_came() -> None:
    cap, noon = Cap("whatsapp", 1, 7 * DAY), timedelta(hours=2)
    log = settled(ask("z", caps=(cap,), opens_at=quiet_until_noon)).log
    log = settled(ask("a", timedelta(minutes=1), caps=(cap,), opens_at=quiet_until_noon), log).log
    second = settled(ask("a", noon, caps=(cap,)), log)
    assert second.hold is not None
    assert settled(ask("z", noon, caps=(cap,)), second.log).hold is None


@pytest.mark.parametrize("high_first", [True, False])
def test_the_last_place_goes_to_the_higher_priority_of_one_event(high_first: bool) -> None:
    cap = Cap("whatsapp", 1, 7 * DAY)
    log, holds = SendLog(), {}
    order = ["high", "low"] if high_first else ["low", "high"]
    for number, job in enumerate(order):
        request = ask(job, timedelta(seconds=number), caps=(cap,), priority=5 * (job == "high"))
        found = settled(request, log, rivals=True)
        log, holds[job] = found.log, found.hold
    assert all(hold is not None and hold.brief for hold in holds.values())
    outcome: dict[str, Hold | None] = {}
    for number, job in enumerate(order):
        request = ask(job, SETTLE + timedelta(seconds=number), caps=(cap,), priority=5 * (job == "high"))
        found = settled(request, log, rivals=True)
        log, outcome[job] = found.log, found.hold
    assert outcome["high"] is None
    assert outcome["low"] is not None


def test_a_message_whose_place_is_taken_does_not_settle_again() -> None:
    cap = Cap("whatsapp", 1, 7 * DAY)
    first = settled(ask("a", caps=(cap,)), rivals=True)
    then = settled(ask("a", SETTLE, caps=(cap,)), first.log, rivals=True)
    assert then.hold is None
    assert settled(ask("a", 2 * SETTLE, caps=(cap,)), then.log, rivals=True).hold is None


def test_a_message_that_settled_and_was_late_goes() -> None:
    """A queue may take its time: then nobody settles for ever."""
    cap = Cap("whatsapp", 1, 7 * DAY)
    first = settled(ask("a", caps=(cap,)), rivals=True)
    assert settled(ask("a", 2 * PATIENCE, caps=(cap,)), first.log, rivals=True).hold is None


def test_a_log_forgets_what_no_cap_asks_for_and_keeps_what_one_asked_for() -> None:
    yearly = settled(ask("a", caps=(Cap("any", 5, 360 * DAY),))).log
    later = settled(ask("b", 100 * DAY), yearly).log
    assert [each.job for each in later.sent] == ["a", "b"]
    weekly = settled(ask("b", 8 * DAY), settled(ask("a")).log).log
    assert [each.job for each in weekly.sent] == ["b"]
    many = SendLog(tuple(Sent(str(n), NOW, "email") for n in range(MAX_SENT + 50)), (), 7 * DAY, 1)
    assert len(settled(ask("a"), many).log.sent) <= MAX_SENT + 1


def test_a_log_expires_with_its_last_message_or_wait() -> None:
    assert SendLog().expires_at is None
    assert settled(ask("a")).log.expires_at == NOW + 7 * DAY
    waiting = settled(ask("b"), sent(1, 2)).log
    assert waiting.expires_at == NOW + 6 * DAY


requests = st.lists(
    st.tuples(
        st.integers(0, 8),  # which message
        st.integers(0, 3_000),  # minutes since the last request
        st.sampled_from(["email", "whatsapp"]),
        st.integers(-2, 2),
        st.booleans(),
    ),
    max_size=60,
)


@given(
    caps=st.lists(
        st.builds(
            Cap,
            st.sampled_from(["email", "whatsapp", "any"]),
            st.integers(1, 3),
            st.integers(1, 5_000).map(lambda m: timedelta(minutes=m)),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    asked=requests,
)
def test_no_window_ever_holds_more_than_its_cap(
    caps: tuple[Cap, ...], asked: list[tuple[int, int, str, int, bool]]
) -> None:
    log, now = SendLog(), NOW
    gone: dict[str, tuple[datetime, str]] = {}
    for number, minutes, channel, priority, rivals in asked:
        now += timedelta(minutes=minutes)
        job = f"{number}-{channel}"
        own = tuple(cap for cap in caps if cap.counts(channel))
        if not own or job in gone:
            continue
        found = decide(Request(job, channel, priority, own, now, at_once), log, (), rivals=rivals)
        log = found.log
        if found.hold is None:
            gone[job] = now, channel
        else:
            assert found.hold.until > now
    for cap in caps:
        times = sorted(at for at, channel in gone.values() if cap.counts(channel))
        for first in times:
            assert sum(first <= at < first + cap.window for at in times) <= cap.most


@given(priorities=st.lists(st.integers(-3, 3), min_size=1, max_size=6), most=st.integers(1, 3))
def test_all_that_wait_go_in_the_end_the_important_ones_first(priorities: list[int], most: int) -> None:
    """Each message asks again when its hold is over; all go, and those of one moment by their priority."""
    cap = Cap("email", most, DAY)
    log, now, gone = SendLog(), NOW, []
    waiting: dict[str, datetime] = {}
    noon = NOW + timedelta(hours=2)
    of = {f"{place}": priority for place, priority in enumerate(priorities)}

    def request(job: str, at: datetime) -> Request:
        return Request(job, "email", of[job], (cap,), at, lambda moment: max(moment, noon))

    for job in of:
        found = decide(request(job, now), log, (), rivals=False)
        assert found.hold is not None
        log, waiting[job] = found.log, found.hold.until
    for _ in range(200):
        if not waiting:
            break
        job = min(waiting, key=lambda each: (waiting[each], -int(each)))
        now = max(now, waiting.pop(job))
        found = decide(request(job, now), log, (), rivals=False)
        log = found.log
        if found.hold is None:
            gone.append(job)
        else:
            waiting[job] = found.hold.until
    assert sorted(gone) == sorted(of)
    assert [of[job] for job in gone[:1]] == [max(priorities)] or most > 1
    if most == 1:
        assert [of[job] for job in gone] == sorted(priorities, reverse=True)
