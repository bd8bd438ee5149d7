"""List the single words that sentences are made of, by group. `make messages` extracts them from here."""

from __future__ import annotations

from whenthen.api.rendering.texts import Phrases, Words

KINDS = Words(
    "kind",
    "contact company lead meta_lead deal quote invoice payment ticket task meeting reservation calendar_event channel "
    "chat chatbot call form document agent email whatsapp sms audience webhook birthday date schedule rule button",
)
"""Kinds of record, and of what else events happen to: the part of an event's type before the dot."""

VERBS = Words(
    "verb",
    "created created_manually updated field_changed deleted merged child_added status_changed "
    "internal_status_changed internal_sub_status_changed tag_added tag_removed folder_changed stage_changed "
    "pipeline_changed owner_changed assigned bounced cancelled clicked closed complained completed "
    "date_changed delayed delivered edited enrolled failed finished incoming_answered incoming_missed "
    "outgoing_answered outgoing_unanswered lost message_deleted message_delivered message_edited message_failed "
    "message_played message_read message_received message_sent number_changed opened opted_out paid paused "
    "payment_failed preference_changed reached received refunded rejected rendering_failed reopened replied resumed "
    "sent series_created signed started_manually submitted subscription_changed text_selected "
    "unconfirmed",
)
"""Past verbs of event types: the part after the dot."""

STATUSES = Words("status", "running pending claimed waiting paused done failed skipped unknown stopped")
"""How a job or a run stands."""

WEEKDAYS = Words("weekday", "mon tue wed thu fri sat sun")

POINTS = Words("point", "now today yesterday tomorrow")
"""Points in time that conditions name."""

FIELD_TYPES = Words("field_type", "text number flag time date record texts list object")
"""Types of fields, as lint names them."""

REPORTED = Words(
    "reported",
    "sent failed delivered read played bounced rejected not_rendered opened clicked reported_as_spam unconfirmed",
)
"""Reports of a provider about a message."""

EXPLAINED = Phrases(
    "explained",
    {
        "started": "",
        "shadow": "",
        "only_new": "",
        "only_new_no_record": "",
        "entered_before": "",
        "entered_recently": "until run",
        "still_running": "run",
        # An event that is older than the one that started the run under way.
        "superseded": "run",
        "occasion_taken": "",
        # Of a record that fitted the rule when it was switched on, and that a change let in since.
        "entered_meanwhile": "run",
        # Its enrolment, by which the rule was switched on, let the record in after this happened.
        "enrolled_meanwhile": "run",
        # The enrolment was paused, or stopped, when the record was about to enter.
        "enrolment_paused": "",
        "enrolment_stopped": "",
        # The event went into a run that gathers a burst of them.
        "debounced": "run",
        "budget_used_up": "",
        # An admin excluded the rule for this record.
        "excluded": "",
        "switched_off": "",
        "not_met": "",
        "changed_since": "",
        "loop": "",
    },
)
"""Results of a rule when its event came."""

ENROLLED = Words(
    "enrolled",
    # Outcomes of an enrolment's own, then those of the rule's entry.
    "entered duplicate left_view not_met undecided "
    "only_new only_new_no_record entered_before entered_recently still_running superseded "
    "entered_meanwhile debounced budget_used_up excluded enrolment_stopped",
)
"""Outcomes of a record of an enrolment."""
