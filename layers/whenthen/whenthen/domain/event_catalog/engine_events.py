"""List the events that whenthen itself makes: of dates that are reached, and of rules and their runs."""

from __future__ import annotations

from whenthen.domain.event_catalog.event_types import DataField, DataType, EventType, Maker
from whenthen.domain.events.types import (
    BIRTHDAY_REACHED,
    CHANNEL_PAUSED,
    CHANNEL_RESUMED,
    DATE_REACHED,
    ENROLLED,
    FINISHED,
    RULE_PAUSED,
    RULE_RESUMED,
    SCHEDULE_REACHED,
    STARTED_MANUALLY,
)

_F, _T = DataField, DataType

ENGINE_KINDS = frozenset({"rule", "birthday", "date", "schedule", "channel"})
"""Name the kinds of events that nobody else may send."""

_RULE = _F("rule", _T.TEXT, "The rule that it is for.", required=True)
_ENROLMENT = _F("enrolment", _T.TEXT, "The request, which is the same for all the records that it lets in.")
_WORK = _F("work", _T.TEXT, "The work that tries it again.")
_CHANNEL = _F("channel", _T.TEXT, "The channel, such as `email`.", required=True)
_RECEIVER = _F("receiver", _T.TEXT, "The host of the webhooks, where those of one receiver alone wait.")
_REACHED = (
    _RULE,
    _F("field", _T.TEXT, "The record's date field."),
    _F("date", _T.DATE, "The day that is the occasion: this year's birthday, the renewal date."),
    _F("due", _T.TIME, "When the rule was due."),
    _F("years", _T.NUMBER, "How many years after the record's date, where that has a year."),
)
_RECORD = "the record"
_E = EventType

ENGINE_EVENTS: tuple[EventType, ...] = (
    _E(BIRTHDAY_REACHED, "It is the customer's birthday.", (Maker.CLOCK,),
       "a rule's yearly date trigger on birth_date is due for a record", _REACHED,
       {"rule": "rule_a1", "field": "birth_date", "date": "2026-03-14", "due": "2026-03-14T06:00:00Z", "years": 36},
       _RECORD),
    _E(DATE_REACHED, "A date of a record is reached, or is so many days away or past.", (Maker.CLOCK,),
       "a rule's date trigger is due for a record", _REACHED,
       {"rule": "rule_a1", "field": "renewal_date", "date": "2026-03-14", "due": "2026-03-07T08:00:00Z"},
       _RECORD),
    _E(SCHEDULE_REACHED, "A moment of a rule's schedule is reached; once for each record of its view.", (Maker.CLOCK,),
       "a rule's schedule is due", (_RULE, _F("due", _T.TIME, "The moment that was scheduled.")),
       {"rule": "rule_a1", "due": "2026-03-14T06:00:00Z"}, f"{_RECORD}, where the schedule is over a view"),
    _E(STARTED_MANUALLY, "A person started a rule: for one record, or for all of a view.", (Maker.ENGINE,),
       "the API is asked to run a rule", (_RULE, _F("by", _T.TEXT, "Who started it."), _ENROLMENT),
       {"rule": "rule_a1", "by": "ayse", "enrolment": "evt_7c"}, _RECORD),
    _E(ENROLLED, "A rule was switched on, and lets in a record that fitted it already.", (Maker.ENGINE,),
       "the API is asked to switch a rule on for who fits already",
       (_RULE, _F("by", _T.TEXT, "Who switched it on."), _ENROLMENT),
       {"rule": "rule_a1", "by": "ayse", "enrolment": "evt_7c"}, _RECORD),
    _E(FINISHED, "A run of a rule has its outcome.", (Maker.ENGINE,), "the last step of a run has its outcome",
       (_RULE, _F("run", _T.TEXT, "The run.", required=True),
        _F("reason", _T.OBJECT, "What the run came to: `code` and `params`."),
        _F("status", _T.TEXT, "done, failed, skipped, unknown or stopped.", required=True),
        _F("converted", _T.FLAG, "Whether it ended because the goal of its rule was reached.")),
       {"rule": "rule_a1", "run": "run_7c", "status": "done",
        "reason": {"code": "run.steps_done", "params": {"done": 3, "count": 3}}, "converted": False}, _RECORD),
    _E(RULE_PAUSED, "A rule paused itself, as too many of its runs failed.", (Maker.ENGINE,),
       "as many runs of a rule have failed in a time as the settings `failures` say",
       (_RULE, _F("failures", _T.NUMBER, "How many runs failed."), _WORK),
       {"rule": "rule_a1", "failures": 20, "work": "work_3k"}, "no record"),
    _E(RULE_RESUMED, "A rule that had paused itself goes on.", (Maker.ENGINE,),
       "a run of the rule succeeds that tried it again",
       (_RULE, _WORK), {"rule": "rule_a1", "work": "work_3k"}, "no record"),
    _E(CHANNEL_PAUSED, "A channel paused itself, as it fails throughout, or an admin paused it.", (Maker.ENGINE,),
       "several jobs of the channel in a row fail, or one by a token that the provider refuses",
       (_CHANNEL, _RECEIVER, _F("by", _T.TEXT, "Who paused it: the id of an API key, or engine."),
        _F("reason", _T.OBJECT, "Why it fails: `code` and `params`.")),
       {"channel": "whatsapp", "by": "engine",
        "reason": {"code": "meta.answered", "params": {"status": 503}}}, "no record"),
    _E(CHANNEL_RESUMED, "A channel that was paused goes on.", (Maker.ENGINE,),
       "a job succeeds that tried the channel again, or an admin resumes it",
       (_CHANNEL, _RECEIVER, _F("by", _T.TEXT, "Who resumed it: the id of an API key, or engine.")),
       {"channel": "whatsapp", "by": "engine"}, "no record"),
)  # fmt: skip
