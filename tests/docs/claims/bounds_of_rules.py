"""Numbers in the reference of rules and triggers that are bounds in the code."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, timedelta

from tests.docs.claims.row import Bound, word
from tests.template.reading import source
from whenthen.domain.common import backoff, document_reader, json_bounds, values
from whenthen.domain.conditions import condition, field_access, operands
from whenthen.domain.lint import fan_out
from whenthen.domain.records import date_index, record
from whenthen.domain.rules import actions, event_triggers, rule, steps, timer_triggers, triggers
from whenthen.domain.runs import entry_policy
from whenthen.domain.scheduling import due_times, schedules, sweep_window
from whenthen.domain.sending import holds, limits
from whenthen.domain.steps import branches, event_waits, retries
from whenthen.domain.templating import arguments, budget, loops, syntax
from whenthen.domain.temporal import recurrence, time_values, waits
from whenthen.domain.work.failing import FailureSettings
from whenthen.usecases.admin import lint_rule, order_rules
from whenthen.usecases.context import related
from whenthen.usecases.ingest import fire_due_dates
from whenthen.usecases.matching import decide, explain_event

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FAILURES = FailureSettings()
RULES, TRIGGERS = "reference/rules.md", "reference/triggers.md"
GIVE_UP = backoff.GIVE_UP_AFTER // HOUR


def longest(form: str) -> int:
    """Return the number of digits that a text may have in one place to spell a number."""
    return max(count for count in range(1, 200) if values.number_in(form.format("1" * count)) is not None)


KIND_LENGTH = next(length for length in range(100, 0, -1) if record.KIND.fullmatch("k" * length))
NUMERIC = (
    longest("{}"),
    longest("0.{}"),
    word(longest("1e{}")),
)
"""Digits of a text that spells a number: before the point, behind it, in the exponent."""

TICK = int(source()["Mappings"]["Schedules"]["Sweep"]["Rate"].split()[0].removeprefix("rate("))
UNWRITTEN = rule.parse_rule(
    {
        "name": "r",
        "trigger": {"event": "lead.created"},
        "steps": [{"id": "s", "action": "set_fields", "with": {"fields": {"a": 1}}}],
    }
)

BOUNDS = (
    Bound(
        RULES,
        "after § failed runs within § minutes",
        (FAILURES.pause_after, FAILURES.within // MINUTE),
    ),
    Bound(RULES, "the event `rule.paused` says so. After § minutes", (FAILURES.try_again_after // MINUTE,)),
    Bound(RULES, "a name for people | required; 1–§ characters", (document_reader.LONGEST_TEXT,)),
    Bound(RULES, "a text for people | up to § characters", (document_reader.LONGEST_DESCRIPTION,)),
    Bound(RULES, "a lower-case word of up to § characters", (KIND_LENGTH,)),
    Bound(RULES, "and at most § of the filters", (word(syntax.MAX_FILTERS),)),
    Bound(RULES, "the work | 1–§;", (steps.MAX_STEPS,)),
    Bound(RULES, "0–§; default: none, it begins at once", (rule.MAX_ORDER,)),
    Bound(RULES, "the higher one | −§–§; default §", (rule.MAX_PRIORITY, rule.MAX_PRIORITY, UNWRITTEN.priority)),
    Bound(RULES, "gives up to § rules the places", (order_rules.MAX_ORDERED,)),
    Bound(RULES, "required; 1–§ characters; unique in the rule", (branches.LONGEST_STEP_ID,)),
    Bound(
        RULES,
        '`{"attempts": 1–§, "delays": [durations], "give_up_after": duration}`',
        (retries.MAX_ATTEMPTS,),
    ),
    Bound(RULES, "`attempts` (§ where only `delays` are given)", (retries.ATTEMPTS,)),
    Bound(RULES, "`give_up_after` is at most § hours", (retries.LONGEST_HOURS,)),
    Bound(RULES, "tries such a step for up to § hours after it was due", (GIVE_UP,)),
    Bound(
        RULES,
        "the next attempt follows after § seconds to § minutes",
        (backoff.NOT_DONE.first, backoff.NOT_DONE.longest / 60),
    ),
    Bound(RULES, "Each is a duration of up to § days", (retries.MAX_DELAY_DAYS,)),
    Bound(
        RULES,
        "`business_days` (up to §) and `business_hours` (up to §)",
        (waits.MAX_BUSINESS_DAYS, waits.MAX_BUSINESS_HOURS),
    ),
    Bound(
        RULES,
        '[event types, up to §], "timeout": a duration of up to § days',
        (event_waits.MAX_AWAITED, event_waits.MAX_TIMEOUT_DAYS),
    ),
    Bound(RULES, "A moment is over § minutes after it", (due_times.GRACE / timedelta(minutes=1),)),
    Bound(
        RULES,
        "A wait MUST NOT be longer than § days, nor count to a date more than § days ahead",
        (waits.MAX_WAIT_DAYS, waits.MAX_DAYS_AHEAD),
    ),
    Bound(
        RULES,
        "all waits of a rule together MUST NOT exceed § days",
        (waits.MAX_DAYS_AHEAD,),
    ),
    Bound(RULES, "Texts have up to § characters", (actions.MAX_TEMPLATE,)),
    Bound(RULES, "while `most` (1–§) others went", (limits.MAX_MESSAGES,)),
    Bound(RULES, "`minutes`), at most § days", (limits.MAX_DAYS,)),
    Bound(RULES, "or after § days at the latest", (holds.LONGEST / DAY,)),
    Bound(RULES, "groups nested § deep", (condition.MAX_DEPTH,)),
    Bound(RULES, "§ predicates in one condition", (condition.MAX_PREDICATES,)),
    Bound(RULES, "§ characters and § names in a field", (field_access.MAX_FIELD, field_access.MAX_NAMES)),
    Bound(RULES, "§ characters in a text", (operands.MAX_TEXT,)),
    Bound(RULES, "§ values in a list", (operands.MAX_VALUES,)),
    Bound(RULES, "§ `*` in a pattern", (operands.MAX_STARS,)),
    Bound(RULES, "numbers below 10^§", (operands.MAX_DIGITS,)),
    Bound(RULES, "at most § before the point and § behind it, and an exponent of at most §", NUMERIC),
    Bound(RULES, "durations up to § days", (time_values.MAX_DURATION_DAYS,)),
    Bound(RULES, "A list of references (the first §)", (related.MAX_OF_FIELD,)),
    Bound(RULES, "At most § earlier events are counted", (field_access.MAX_COUNTED,)),
    Bound(
        RULES,
        "whole numbers of § bits (from −2^§ to 2^§ − 1)",
        (json_bounds.MOST.bit_length() + 1, (-json_bounds.LEAST).bit_length() - 1, json_bounds.MOST.bit_length()),
    ),
    Bound(RULES, "list of 1–§ of these", (operands.MAX_VALUES,)),
    Bound(RULES, f"has the years {MINYEAR} to {MAXYEAR}", ()),
    Bound(RULES, "One text has at most § characters", (budget.MAX_RENDERED,)),
    Bound(
        RULES,
        "do work of at most § characters; an item of a list or an object counts §",
        (budget.MAX_WORK, budget.ITEM),
    ),
    Bound(RULES, "A list of more than § items makes the step fail", (loops.MAX_TURNS,)),
    Bound(RULES, "Each turn counts § for each part of the loop's body", (budget.ITEM,)),
    Bound(RULES, "the items of a list, and up to § others", (arguments.MAX_MANY,)),
    Bound(RULES, "An event with § or more runs behind it starts no rule", (decide.MAX_DEPTH,)),
    Bound(RULES, "each rule has at most §; the rule is then refused", (entry_policy.MAX_RUNS,)),
    Bound(RULES, "Such a cycle ends after § runs", (decide.MAX_DEPTH,)),
    Bound(RULES, "may be followed by § runs or more", (fan_out.MANY,)),
    Bound(RULES, "more than § rules on the events concerned", (lint_rule.MAX_COMPARED,)),
    Bound(RULES, "The answer has at most § rules", (explain_event.MAX_EXPLAINED,)),
    Bound(RULES, "the event has § or more runs behind it", (decide.MAX_DEPTH,)),
    Bound(RULES, "it matched, and § runs of this rule had followed", (entry_policy.MAX_RUNS,)),
    Bound(TRIGGERS, "one of up to § types happens", (event_triggers.MAX_TYPES,)),
    Bound(TRIGGERS, "a run of one of up to § rules has its outcome", (triggers.MAX_RULES,)),
    Bound(TRIGGERS, "of one record the first § by name", (date_index.MAX_DATES,)),
    Bound(
        TRIGGERS,
        "Years before § and after § stand for no date",
        (str(date_index.FIRST_YEAR), str(date_index.LAST_YEAR)),
    ),
    Bound(
        TRIGGERS,
        "`days` is from −§ to §",
        (timer_triggers.MAX_DAYS, timer_triggers.MAX_DAYS),
    ),
    Bound(TRIGGERS, "`INTERVAL` above §, `COUNT` above §", (recurrence.MAX_INTERVAL, recurrence.MAX_COUNT)),
    Bound(
        TRIGGERS,
        "a rule of over § characters, an exception of over §, and more than § exceptions",
        (date_index.LONGEST_RULE, date_index.LONGEST_DAY, date_index.MAX_LEFT_OUT),
    ),
    Bound(
        TRIGGERS,
        "(from 1 hour to § days; to § hours for cron)",
        (sweep_window.MAX_LATE / DAY, schedules.MAX_CRON_LATE // HOUR),
    ),
    Bound(TRIGGERS, "The default skips after § hours", (sweep_window.Lateness().most // HOUR,)),
    Bound(TRIGGERS, "at most § times an hour", (word(schedules.MAX_PER_HOUR),)),
    Bound(TRIGGERS, "from its checkpoint, at most § minutes later", (word(TICK),)),
    Bound(TRIGGERS, "A sweep works for § seconds", (fire_due_dates.SLICE.total_seconds(),)),
)
