"""Sentences of all other pages that a test holds."""

from __future__ import annotations

from tests.docs.claims.row import Held

_SCHEMAS = "schemas/test_agreement.py::test_the_page_of_schemas_lists_each_difference"
_SNAPSHOTS = "adapters/dynamodb/config_table/test_snapshots.py"
_RUNS = "adapters/dynamodb/runs_table/test_runs.py"
_IMPORTS = "adapters/dynamodb/imports/test_imports.py"
_CELLS = "sources/files/test_cells.py"
_REFUSALS = "usecases/ingest/test_refusals_without_records.py"
_MAIL_REPORTS = "usecases/runs/test_mail_reports.py"
_TUTORIAL = "e2e/test_tutorial.py::test_the_small_order_is_explained_as_the_page_says"

_ROWS = (
    ("guides/records.md", "Null, and no word at all, end nothing", f"{_REFUSALS}::test_taking_a_word_back_is_no_yes"),
    (
        "guides/records.md",
        "takes the refusal over within seconds",
        f"{_REFUSALS}::test_a_record_that_gets_the_address_takes_the_refusal_over",
    ),
    (
        "guides/mail.md",
        "The job fails only if every address in `to` bounced",
        f"{_MAIL_REPORTS}::test_the_job_fails_once_nobody_in_to_is_reached",
    ),
    (
        "guides/mail.md",
        "mails only those whom its first mail did not reach",
        f"{_MAIL_REPORTS}::test_a_retry_mails_only_whom_the_first_mail_did_not_reach",
    ),
    (
        "architecture.md",
        "and only then answers 2xx",
        "functions/test_receive_webhook.py::test_a_signed_event_is_on_the_bus_when_the_answer_is_given",
    ),
    (
        "architecture.md",
        "every version, never changed",
        "adapters/dynamodb/config_table/test_rules.py::test_a_rule_and_its_versions_are_given_back_as_they_were_saved",
    ),
    (
        "architecture.md",
        "every version of a stored template, never changed",
        "adapters/dynamodb/config_table/test_templates.py::test_each_version_stays_readable",
    ),
    (
        "architecture.md",
        "makes the cache look old, never new",
        f"{_SNAPSHOTS}::test_a_rule_that_is_saved_while_a_snapshot_is_read_is_seen_at_the_next_event",
    ),
    (
        "architecture.md",
        "two requests for up to 1 MB, and one more for the rules that changed since",
        f"{_SNAPSHOTS}::test_a_cold_start_reads_stamp_and_snapshot",
    ),
    (
        "architecture.md",
        "rank 0 contact, 1 lead, 2 others",
        "adapters/dynamodb/records_table/test_records.py::test_of_records_that_share_an_identity_a_contact_comes_first",
    ),
    (
        "architecture.md",
        "`beginning` is what never changes",
        f"{_RUNS}::test_a_large_event_is_read_with_its_run_and_after_each_outcome",
    ),
    (
        "architecture.md",
        "an open run never",
        f"{_RUNS}::test_what_an_open_run_holds_never_expires_and_the_rest_does",
    ),
    (
        "architecture.md",
        "only of rules that ask for it | never",
        f"{_RUNS}::test_what_an_open_run_holds_never_expires_and_the_rest_does",
    ),
    (
        "architecture.md",
        "in those of workers in each other's way | never",
        "adapters/dynamodb/runs_table/test_jobs.py::test_a_counter_does_not_expire",
    ),
    (
        "architecture.md",
        "the retention after it ended; an open one never",
        "adapters/dynamodb/enrolments/test_enrolments.py::test_an_open_one_does_not_expire_and_its_members_last_long",
    ),
    (
        "architecture.md",
        "if it was never started); a running one never",
        f"{_IMPORTS}::test_an_import_that_runs_does_not_expire",
    ),
    (
        "architecture.md",
        "may be subscribed under at most 48 keys",
        f"{_RUNS}::test_a_run_with_exits_is_subscribed_under_as_many_keys_as_the_page_says",
    ),
    (
        "glossary.md",
        "It never changes",
        "usecases/matching/test_match_event.py::test_a_redelivered_event_carries_out_the_plan_of_its_first_delivery",
    ),
    (
        "guides/deploy.md",
        "So for production it must be meant",
        "dev/smoke/test_deployed.py::test_production_is_tried_only_if_that_is_meant",
    ),
    (
        "guides/deploy.md",
        "It works for up to 60 seconds more",
        "template/test_api.py::test_the_authorizer_refuses_requests_without_a_key_and_forgets_keys_soon",
    ),
    (
        "guides/deploy.md",
        "must be verified identities of SES",
        "dev/limits/test_account.py::test_a_sender_is_unverified_if_neither_it_nor_a_domain_above_it_is_verified",
    ),
    (
        "guides/events.md",
        "`Source` must not be `whenthen`",
        "sources/eventbridge/test_envelope.py::test_an_application_cannot_pass_for_the_store_or_a_receiver",
    ),
    (
        "guides/limits.md",
        "Friday, 15:30, is Tuesday, 15:30",
        "domain/scheduling/test_due_by_calendar.py::test_waits_by_calendar",
    ),
    (
        "guides/limits.md",
        "A message that must not go is held",
        "usecases/sending/test_quiet_hours.py::test_a_message_is_held_until_quiet_hours_end_and_goes_then",
    ),
    (
        "guides/limits.md",
        "A message that a program wrote gets no answer",
        "usecases/sending/test_break_loops.py::test_a_message_that_a_program_wrote_is_not_answered_on_any_channel",
    ),
    (
        "guides/limits.md",
        "A message counts once, however many steps and rules answer it",
        "usecases/sending/test_conversations.py::test_one_message_counts_once_whoever_answers_it_how_often",
    ),
    (
        "guides/limits.md",
        "Changes of records, calls into hooks of the same stack and",
        "usecases/sending/test_break_loops.py::test_a_change_of_the_record_in_between_breaks_no_chain",
    ),
    (
        "guides/limits.md",
        "Campaigns, reminders and all else that no message is behind has no such bound",
        "usecases/sending/test_conversations.py::test_campaigns_and_reminders_cost_no_request_and_have_no_bound",
    ),
    (
        "guides/limits.md",
        "`priority` (0 by default)",
        "domain/rules/test_rule.py::test_absent_fields_have_harmless_defaults",
    ),
    (
        "guides/whatsapp.md",
        "comes too late (error 131047), the template goes in the same attempt",
        "channels/whatsapp/test_window.py::test_where_meta_says_that_it_is_too_late_the_template_goes",
    ),
    (
        "guides/whatsapp.md",
        "| part | at most | … in the description |",
        "channels/whatsapp/test_messages.py::test_an_interactive_message_beyond_the_bounds_is_refused_before_it_is_claimed",
    ),
    (
        "guides/whatsapp.md",
        "fetches the `link`, which must be an https address",
        "channels/whatsapp/test_messages.py::test_media_that_whatsapp_does_not_take_is_refused",
    ),
    (
        "guides/operations.md",
        "ended more than 10 jobs as failed |",
        "template/test_alarms.py::test_what_functions_count_drives_our_own_alarms",
    ),
    (
        "guides/operations.md",
        "refused more than 20 deliveries |",
        "template/test_alarms.py::test_what_functions_count_drives_our_own_alarms",
    ),
    (
        "guides/operations.md",
        "ended more than ten jobs as failed within five minutes",
        "template/test_alarms.py::test_what_functions_count_drives_our_own_alarms",
    ),
    (
        "guides/operations.md",
        "Outcomes of runs wait for more than five minutes |",
        "template/test_alarms.py::test_metrics_of_aws_drive_their_alarms",
    ),
    (
        "guides/operations.md",
        "Changes of records wait for more than five minutes |",
        "template/test_alarms.py::test_metrics_of_aws_drive_their_alarms",
    ),
    (
        "guides/operations.md",
        "(or outcomes of runs) wait for more than five minutes",
        "template/test_alarms.py::test_metrics_of_aws_drive_their_alarms",
    ),
    (
        "guides/operations.md",
        "becomes a dead letter after two minutes",
        "functions/test_publish_changes.py::test_a_defect_that_stays_is_dead_lettered_and_its_shard_goes_on",
    ),
    (
        "guides/operations.md",
        "the message can never be processed",
        "functions/test_consumers.py::test_a_hopeless_message_is_dead_lettered_with_its_reason",
    ),
    (
        "guides/operations.md",
        "and imports that run, are never deleted",
        f"{_IMPORTS}::test_an_import_that_runs_does_not_expire",
    ),
    (
        "guides/operations.md",
        "files of imports | 7 days",
        "template/test_mail.py::test_the_bucket_is_closed_encrypted_and_forgets",
    ),
    (
        "guides/records.md",
        "`PATCH` never creates one",
        "api/routes/test_records.py::test_a_patch_never_makes_a_record",
    ),
    (
        "guides/records.md",
        "A row is never done twice",
        "faults/test_import_crashes.py::test_a_crash_at_any_moment_loses_no_row_and_doubles_none",
    ),
    (
        "guides/records.md",
        "The word must be the whole WhatsApp message",
        "usecases/ingest/test_people.py::test_a_message_that_is_nothing_but_the_word",
    ),
    (
        "guides/records.md",
        "a start word must be the whole text",
        "usecases/ingest/test_people.py::test_what_counts_as_a_refusal",
    ),
    (
        "guides/rules.md",
        "A missing field is never an error",
        "domain/conditions/test_operators.py::test_nothing_known_is_never_an_error",
    ),
    (
        "guides/rules.md",
        "rejects those that would never end",
        "domain/lint/test_lint.py::test_mail_about_delivered_mail_never_ends_and_is_refused",
    ),
    (
        "guides/webhooks.md",
        "A `url` must be a public https address",
        "adapters/http/test_client.py::test_what_may_not_be_called",
    ),
    (
        "reference/api.md",
        "started, and did at least one step",
        "usecases/matching/test_show_automation.py::test_all_four_states_stand_beside_each_other_each_with_its_reason",
    ),
    (
        "reference/api.md",
        "record with `If-Match` never creates one",
        "api/routes/test_records.py::test_a_put_with_a_version_creates_nothing",
    ),
    (
        "reference/api.md",
        "at least one day must have a span",
        "domain/temporal/test_calendar_settings.py::test_a_wrong_value_is_refused_by_its_field",
    ),
    (
        "reference/api.md",
        "The package [holidays](../dependencies.md) must know it",
        "e2e/test_limits.py::test_holidays_of_a_country_are_known_and_of_no_country_refused",
    ),
    (
        "reference/records.md",
        "Yes is `true`, 1, `yes`",
        "usecases/records/test_consent_shapes.py::test_a_consent_has_one_shape_through_every_entrance",
    ),
    (
        "reference/records.md",
        "`type: boolean`: true, yes, on, 1,",
        f"{_CELLS}::test_a_truth_is_read_in_all_our_languages",
    ),
    (
        "reference/records.md",
        "It never removes an id or a consent",
        "usecases/records/test_import_records.py::test_blanks_erase_where_the_order_says_so_and_never_a_refusal",
    ),
    (
        "reference/records.md",
        "otherwise a number above 12 is the day",
        "domain/temporal/test_written_dates.py::test_a_date_that_can_be_read_in_one_way_is_read",
    ),
    (
        "reference/records.md",
        "one with a quote that is never closed",
        "sources/files/test_row_splitter.py::test_an_open_quote_costs_its_line_and_no_other",
    ),
    (
        "reference/records.md",
        "is the number 2024, `é` is one letter",
        "channels/record/test_effect.py::test_tags_are_compared_as_conditions_compare_them",
    ),
    ("reference/schemas.md", "integers beyond 64 bits | … none to the parser.", _SCHEMAS),
    ("reference/schemas.md", "conditions that never hold", _SCHEMAS),
    ("reference/schemas.md", "exits that never come", _SCHEMAS),
    (
        "reference/schemas.md",
        "must still be checked for that its JSON Schema takes",
        "schemas/test_agreement.py::test_each_exception_is_needed",
    ),
    (
        "reference/sources.md",
        "kept in Secrets Manager, never shown again",
        "api/routes/outside/test_sources.py::test_a_new_source_shows_its_secret_once",
    ),
    (
        "reference/sources.md",
        "An authenticated delivery is never lost",
        "sources/webhook/test_mapping.py::test_every_body_gives_exactly_one_event_whatever_its_shape",
    ),
    (
        "reference/sources.md",
        "at most as far back as the retention",
        "usecases/ingest/test_reconcile_leads.py::test_nothing_is_asked_for_from_before_what_the_log_remembers",
    ),
    ("tutorial.md", "the amount is at least 100", _TUTORIAL),
    (
        "guides/sms.md",
        "parts of a message at most (6 by default); a longer text fails before it is sent",
        "channels/sms/test_effect.py::test_an_invalid_sms_is_not_sent",
    ),
    (
        "guides/sms.md",
        "The message has to say how to stop … Without it the message is skipped",
        "channels/sms/test_effect.py::test_what_a_country_does_not_let_through_is_skipped",
    ),
    (
        "guides/sms.md",
        "goes only to people who said yes before",
        "channels/sms/test_effect.py::test_marketing_needs_a_yes_that_was_given_before",
    ),
    (
        "guides/sms.md",
        "where no answer came, the job is `unknown` … and the message is not repeated",
        "channels/sms/test_effect.py::test_a_lost_answer_is_unknown_and_not_repeated",
    ),
    (
        "tutorial.md",
        "Try it on a rule that can never start",
        "e2e/test_tutorial.py::test_the_rule_of_the_page_ran_once_with_both_steps_done",
    ),
)

TESTED = tuple(Held(*row) for row in _ROWS)
