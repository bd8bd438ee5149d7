"""List the fragments that sentences are made of, by group, with their parameters. `make messages` extracts them.

Sentences are built as labels with colons and lists, so that no text needs the case, the gender or the number of a
word from another text.
"""

from __future__ import annotations

from whenthen.api.rendering.texts import Phrases

JOINS = Phrases(
    "join",
    {
        # A name or a value as somebody wrote it, in the language's quotation marks.
        "quoted": "value",
        # Between the items of a list, with the space that follows it.
        "comma": "",
        # Between sentences that belong together, with the space that follows it.
        "semicolon": "",
        # Between conditions of which all must hold.
        "and": "",
        # Between conditions or values of which one is enough.
        "or": "",
        # A whole sentence.
        "sentence": "text",
        # A part of a rule's sentence: “If”, and what the condition is.
        "part": "label text",
        # What somebody or something is, with details in parentheses.
        "detailed": "text details",
        # A status with the reason for it.
        "because": "status reason",
        # A kind of record and what happened to it.
        "event": "kind verb",
        # The lower and the upper bound of a range.
        "range": "low high",
    },
)

RULE = Phrases(
    "sentence.rule",
    {
        "when": "",
        "kind": "",
        "if": "",
        "entry": "",
        # Among the rules that an event starts; the place is a number.
        "order": "",
        "once_per_record": "",
        "after_exit": "",
        "every": "length",
        "ignore": "",
        "restart": "",
        "debounce": "length",
        "only_new": "",
        "then": "",
        "ends": "",
        "goal": "",
        "limits": "",
        "priority": "",
        # Of an event that ends a run only if it is about the run's own record.
        "of_record": "",
        # Of an event that ends a run if it is about any record of the run's customer.
        "of_customer": "",
        "time_zone": "",
        "off": "",
        "shadow": "",
    },
)
"""Labels of a rule's parts, how records enter it, and its mode."""

TRIGGERS = Phrases(
    "sentence.trigger",
    {
        "enters": "kind view",
        "leaves": "kind view",
        "yearly": "kind field",
        "once": "kind field",
        "days_before": "count",
        "days_after": "count",
        "cron": "schedule",
        "moment": "time",
        "for_each": "kind view",
        "manual": "",
        "after_rule": "rule outcome",
        "every": "",
        "own_zone": "",
        "mar1": "",
        "late": "length",
    },
)

STEPS = Phrases(
    "sentence.step",
    {
        "moves_to": "stage",
        "field_set": "field value",
        "record": "record",
        "to": "recipient",
        # Of a message that is no advertising.
        "service": "",
        # Of a message that quiet hours and caps do not hold.
        "urgent": "",
        # Of several owners to choose from.
        "first": "",
        "keep": "",
        "at_the_same_time": "",
        "only_if": "condition",
        # The step's own name, where another step leads to it.
        "called": "step",
        # If the condition of the step is not met; `step` is the name of the step to go on with.
        "else": "step",
        "attempts": "most",
        # How long after each attempt the next one is made.
        "delays": "lengths",
        # How long after the first failure it is tried.
        "gives_up": "length",
        "goes_on": "",
        # `step` is the name of the step to go on with.
        "falls_back": "step",
    },
)

WAITS = Phrases(
    "sentence.wait",
    {
        "after": "length",
        # Follows one of the “until” texts.
        "further": "length",
        "since_entry": "",
        "at": "time",
        # At this hour, today if it is still to come, or else tomorrow.
        "at_next": "time",
        "on_days": "days",
        "until": "field",
        "until_before": "field length",
        "until_after": "field length",
        # Waits for one of these events.
        "for_event": "events length",
        # If the event comes; `step` is the name of the step to go on with.
        "then": "step",
        # If it does not come in time.
        "else": "step",
        # If that moment is over, the step is not done.
        "past_skip": "",
        # If that moment is over, the step is done now, or as soon as its hour and its days allow it.
        "past_run": "",
        # If that moment is over, the step is done when the moment comes round again.
        "past_next": "",
    },
)

CONDITIONS = Phrases(
    "sentence.condition",
    {
        "not": "condition",
        "in_zone": "zone",
        "ignoring_case": "",
        "ago": "length",
        "ahead": "length",
        # How often an event happened.
        "count_of": "event length",
        "before": "field",
        "of_event": "field",
        "of_related": "field relation",
        # A value that an earlier step brought.
        "of_step": "field step",
        "it_is": "value",
        "it_was": "value",
        "it_is_missing": "",
    },
)

LIMITS = Phrases(
    "sentence.limits",
    {
        # The hours at which no message goes out.
        "quiet_hours": "start end",
        # How many marketing messages one person gets on a channel, within any span of this length.
        "cap": "channel most length",
        # The same, on all channels together.
        "cap_any": "most length",
    },
)
"""Limits of sending that a rule has beside those of the installation."""

VALUES = Phrases("sentence.value", {"yes": "", "no": "", "nothing": ""})

OPERATORS = Phrases(
    "operator",
    {
        "equals": "field value",
        "not_equals": "field value",
        "in": "field value",
        "not_in": "field value",
        "has": "field value",
        "has_any": "field value",
        "has_all": "field value",
        "contains": "field value",
        "starts_with": "field value",
        "ends_with": "field value",
        "matches": "field value",
        "more_than": "field value",
        "at_least": "field value",
        "less_than": "field value",
        "at_most": "field value",
        "between": "field value",
        "exists": "field",
        "exists_not": "field",
        "is_empty": "field",
        "is_empty_not": "field",
        "changed": "field",
        "changed_not": "field",
        "changed_to": "field value",
        "changed_from": "field value",
        "before": "field value",
        "after": "field value",
        "within_last": "field value",
        "within_next": "field value",
    },
)

SIGNS = {">": "more_than", ">=": "at_least", "<": "less_than", "<=": "at_most"}
"""Operators that are signs → their key in OPERATORS."""

UNITS = Phrases(
    "unit",
    {
        "weeks": "count",
        "days": "count",
        "hours": "count",
        "minutes": "count",
        "seconds": "count",
        # Days on which people work.
        "business_days": "count",
        # Hours in which people work.
        "business_hours": "count",
    },
)
"""Lengths of time, longest unit first."""

UNITS_AWAY = Phrases(
    "unit.away",
    {
        # Before “ago”, “before” and “after”.
        "weeks": "count",
        # Before “ago”, “before” and “after”.
        "days": "count",
        # Before “ago”, “before” and “after”.
        "hours": "count",
        # Before “ago”, “before” and “after”.
        "minutes": "count",
        # Days on which people work; before “before” and “after”.
        "business_days": "count",
    },
)
"""Lengths of time as they stand before `ago`, `before` and `after`: Hungarian says by how much."""
