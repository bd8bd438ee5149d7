"""Sentences of the rule language and of triggers that a test holds."""

from __future__ import annotations

from tests.docs.claims.row import Held

RULES, TRIGGERS = "reference/rules.md", "reference/triggers.md"
_LINT = "domain/lint/test_lint.py::test_findings_in_one_rule"
_CONDITION = "domain/conditions/test_condition.py::test_every_problem_of_a_condition_is_reported_by_its_field"
_OPERATOR = "domain/conditions/test_operators.py::test_operator"
_ENTER = "usecases/matching/test_enter_rule.py"
_SHADOW = "usecases/matching/test_match_event.py::test_a_run_in_shadow_does_not_use_up_the_only_entry"
_COUNTED = "e2e/test_explaining.py::test_of_events_that_come_all_at_once_the_last_counts_all"
_COUNTING = "usecases/sending/test_counting_answers.py::test_an_attempt_that_dies_counts_once"
_TEMPLATES = "domain/templating/test_templates.py"

_RULES = (
    (
        "A message that answers one that a program wrote MUST be skipped",
        "usecases/sending/test_break_loops.py::test_it_is_not_answered_on_another_channel_either",
    ),
    (
        "MUST be skipped, and so MUST one that would answer a further",
        "usecases/sending/test_break_loops.py::test_two_programs_that_answer_one_another_end_with_an_outcome",
    ),
    ("its first answer is about to be sent, held or not, and MUST count once", _COUNTING),
    (
        "MUST reject a key that is not listed here",
        "domain/rules/test_rule.py::test_every_problem_of_a_rule_is_reported_by_its_field",
    ),
    (
        "A rule that is `off` MUST NOT start",
        "usecases/matching/test_match_event.py::test_a_rule_that_is_off_does_nothing",
    ),
    ("It MUST NOT have any effect, and MUST NOT use up the one entry of a record", _SHADOW),
    (
        "The trigger must be `enters`",
        "usecases/enrolments/test_enrol_existing.py::test_where_nobody_can_be_meant_it_is_refused",
    ),
    (
        "a record starts the rule at most once, over all versions of the rule",
        "usecases/matching/test_match_event.py::test_once_per_record_a_second_event_starts_nothing",
    ),
    (
        "a record enters at most once in this time",
        f"{_ENTER}::test_at_most_once_in_a_span_counted_from_the_start_of_the_last_run",
    ),
    (
        "so the two are never under way together",
        f"{_ENTER}::test_a_crash_between_stopping_the_old_run_and_starting_the_new_one_is_made_good",
    ),
    (
        "MUST hold for the record as it is then",
        "usecases/matching/test_debounce.py::test_conditions_are_asked_once_more_with_the_last_state",
    ),
    (
        "the engine MUST leave a trace",
        "usecases/matching/test_explain_event.py::test_a_record_that_entered_before_is_refused_and_that_can_be_seen",
    ),
    ("the event must be about the record of the run", "usecases/matching/test_exits.py::test_whose_events_end_a_run"),
    (
        "rules the places 1, 2, 3 and so on",
        "usecases/admin/test_order_rules.py::test_rules_get_their_places_and_the_others_keep_theirs",
    ),
    (
        "A branch MUST lead to a step that the rule has and that is later",
        "domain/steps/test_branches.py::test_a_branch_leads_forwards_to_a_step_that_begins_something",
    ),
    (
        "It MUST lead to the first of the steps that start together",
        "domain/steps/test_branches.py::test_a_branch_may_lead_to_the_first_of_several_steps_that_start_together",
    ),
    ("there is at most one fewer than `attempts`", "domain/steps/test_retries.py::test_names_what_is_wrong"),
    (
        '"20:00"}` is 20:00 of the next day of work',
        "domain/scheduling/test_due_by_calendar.py::test_waits_by_calendar",
    ),
    (
        "people work from 09:00 to 18:00",
        "domain/temporal/test_calendar_settings.py::test_without_working_hours_the_weekend_is_that_of_the_country",
    ),
    (
        "or never if the series is over (then `skip`)",
        "domain/scheduling/test_due_times.py::test_a_series_that_is_over_has_no_next_moment",
    ),
    (
        "a step for Monday to Friday at 10:00 is never due on Saturday at 20:00",
        "domain/scheduling/test_due_times.py::test_the_weekday_holds_for_whatever_is_sent",
    ),
    (
        "A message for marketing MUST NOT be sent",
        "usecases/ingest/test_people.py::test_a_refusal_holds_for_every_record_of_the_person",
    ),
    (
        "**`from`** MUST be the stack's `MailFrom`",
        "channels/email/test_effect.py::test_a_mail_from_anyone_else_is_refused_before_it_is_claimed",
    ),
    (
        "What is held MUST NOT be dropped",
        "usecases/sending/test_caps.py::test_nothing_is_dropped_however_much_there_is",
    ),
    (
        "What an implementation MUST do at the edges of the calendar",
        "domain/temporal/test_calendar_edges.py::test_days_keep_the_clock_time_and_hours_do_not",
    ),
    ("at least one of its conditions is true", "domain/conditions/test_condition.py::test_groups"),
    ("`all` and `any` MUST have at least one item. A group MUST stand alone in its object", _CONDITION),
    ("A parser MUST reject any other key, and a key that has no meaning for the operator", _CONDITION),
    ("A parser MUST report every problem that it finds", _CONDITION),
    ("and a parser MUST reject it elsewhere", _CONDITION),
    ("Evaluation never fails", "domain/conditions/test_operators.py::test_nothing_known_is_never_an_error"),
    ("A missing path is never an error", "domain/conditions/test_operators.py::test_nothing_known_is_never_an_error"),
    ("a name of ASCII digits is a position from 0", "domain/conditions/test_condition.py::test_fields"),
    ("at least one of them counts all of them", _COUNTED),
    ("`equals` 3 can be true for more than one of them", _COUNTED),
    ("Sameness must be transitive", _OPERATOR),
    ("Marks are never dropped", _OPERATOR),
    ("A number is never a time", _OPERATOR),
    (
        'a usual value for "never ends", is after `today`',
        "domain/conditions/test_operators.py::test_the_first_and_last_days_of_the_calendar_compare_alike_in_every_zone",
    ),
    (
        "The API and imports MUST reject a longer one by the name of its field",
        "usecases/records/test_import_records.py::test_an_integer_that_is_too_long_is_refused_by_the_name_of_its_field",
    ),
    (
        "an unknown field of `now` among it, MUST be rejected when the rule is saved",
        f"{_TEMPLATES}::test_a_template_is_refused_when_it_is_saved_and_when_it_is_rendered",
    ),
    (
        "a list stays a list, 5000 stays a number",
        "domain/rules/test_step_parameters.py::test_a_template_that_is_one_expression_keeps_its_values_type",
    ),
    ("at most so many characters, `...` included", f"{_TEMPLATES}::test_renders"),
    (
        "with `true` behind it also for 0 and false",
        f"{_TEMPLATES}::test_the_default_can_be_for_missing_values_only_or_for_all_that_is_false",
    ),
    (
        "such as `round('two')`, MUST be rejected when the rule is saved",
        "domain/templating/test_arguments.py::test_an_argument_that_does_not_fit_is_refused_when_the_rule_is_saved",
    ),
    (
        "`4.5|round` is 5 and `1.005|number` is 1.01",
        f"{_TEMPLATES}::test_amounts_are_decimals_rounded_half_up",
    ),
    (
        "The list MUST be a field of `record`",
        "domain/templating/test_loops.py::test_other_loops_are_refused_when_they_are_saved",
    ),
    (
        "MUST NOT be one that templates have",
        "domain/templating/test_loops.py::test_other_loops_are_refused_when_they_are_saved",
    ),
    (
        "A loop in a loop, and a loop in a URL, MUST be rejected",
        "domain/templating/test_loops.py::test_a_url_has_no_loop",
    ),
    (
        "Scheme, host and port MUST be written in the template",
        "domain/templating/test_urls.py::test_a_value_in_scheme_host_or_port_is_refused_when_saved_and_when_rendered",
    ),
    ("A comparison never fails", "domain/templating/test_comparisons.py::test_any_two_values_can_be_compared"),
    ("An empty text, 0 and `false` are not enough for it", f"{_TEMPLATES}::test_renders"),
    (
        "A zone that is written there MUST be an IANA time zone",
        f"{_TEMPLATES}::test_an_unknown_time_zone_is_refused_when_the_rule_is_saved",
    ),
    (
        "the matcher MUST give the answer of `evaluate`",
        "domain/matching/test_agreement.py::test_the_matcher_agrees_with_evaluate",
    ),
    (
        "**Errors** MUST reject it",
        "usecases/admin/test_lint_rule.py::test_errors_refuse_a_rule_and_nothing_is_saved",
    ),
    ("Fields of records are free and never unknown", _LINT),
    ("a step's `only_if` can never be true", _LINT),
    ("the exit's condition can never be true", _LINT),
    (
        "a schedule's one moment is over: it never comes",
        "usecases/admin/test_lint_rule.py::test_a_schedule_whose_one_moment_is_over_is_warned_of",
    ),
    (
        "is always about records of another kind: it never ends a run",
        "domain/lint/test_timing.py::test_an_exit_that_is_about_records_of_another_kind_is_warned_of",
    ),
    (
        "MUST NOT find one where some event could match",
        "domain/lint/test_satisfiability.py::test_nothing_that_a_value_satisfies_is_refused",
    ),
    (
        "Runs and jobs store codes and parameters, never prose",
        "adapters/dynamodb/runs_table/test_runs.py::test_a_reason_is_stored_as_code_and_params_with_its_code_beside_it",
    ),
)

_MOMENTS = "domain/scheduling/test_schedules.py::test_moments_of_a_day"
_CLOCKS = "domain/scheduling/test_schedules.py::test_each_moment_is_where_the_clocks_show_it"
_TRIGGERS = (
    ("29 February comes on the 28th in common years", "domain/scheduling/test_date_triggers.py::test_29_february"),
    (
        "the hour is that of the record's own moment, or 09:00",
        "domain/scheduling/test_date_triggers.py::test_without_an_hour_a_moment_has_its_own",
    ),
    (
        "the clocks skip 02:00 to 03:00",
        "domain/scheduling/test_schedules.py::test_the_clocks_do_change_at_these_moments",
    ),
    (
        "One change makes at most one event of a type",
        "domain/event_catalog/test_derivation.py::test_one_event_for_all_tags_of_a_change",
    ),
    ('or, with `"leap": "mar1"`, on 1 March', "domain/scheduling/test_date_triggers.py::test_29_february"),
    ("is short for yearly on `birth_date` at 09:00", "domain/rules/test_triggers.py::test_dates_in_full"),
    (
        "does not come within 50 years",
        "domain/scheduling/test_schedules.py::test_an_expression_that_never_comes_is_rejected",
    ),
    ("Sunday is 0, 7 or `sun`", _MOMENTS),
    ("`50/5` from 50 on", _MOMENTS),
    ("| `30 2 * * *` | once, at 03:00, … | 25 times: 02:30 comes twice |", _CLOCKS),
    ("unless the hour field allows all 24 of them", _CLOCKS),
    (
        "What was due before the rule was switched on never runs",
        "usecases/ingest/test_fire_due_dates.py::test_what_was_due_before_the_rule_was_switched_on_is_not_its_business",
    ),
)

TESTED = (
    *(Held(RULES, said, test) for said, test in _RULES),
    *(Held(TRIGGERS, said, test) for said, test in _TRIGGERS),
)
