"""List the single words that sentences are made of, by group. `make messages` extracts them from here."""

from __future__ import annotations

from whenthen.api.rendering.texts import Words

KINDS = Words(
    "kind",
    "contact company lead meta_lead deal quote invoice payment ticket task meeting reservation calendar_event "
    "chat chatbot call form document agent email whatsapp sms webhook birthday date schedule rule button",
)
"""Kinds of record, and of what else events happen to: the part of an event's type before the dot."""

VERBS = Words(
    "verb",
    "created created_manually updated field_changed deleted merged child_added status_changed "
    "internal_status_changed internal_sub_status_changed tag_added tag_removed folder_changed stage_changed "
    "pipeline_changed owner_changed assigned bounced cancelled clicked closed complained completed "
    "date_changed delayed delivered edited failed finished incoming_answered incoming_missed outgoing_answered "
    "outgoing_unanswered lost message_deleted message_delivered message_edited message_failed message_played "
    "message_read message_received message_sent number_changed opened paid payment_failed preference_changed "
    "reached received refunded rejected rendering_failed reopened replied sent series_created signed "
    "started_manually submitted subscription_changed text_selected",
)
"""What happened: the part of an event's type after the dot."""

STATUSES = Words("status", "running pending claimed waiting paused done failed skipped unknown stopped")
"""How a job or a run stands."""

WEEKDAYS = Words("weekday", "mon tue wed thu fri sat sun")

POINTS = Words("point", "now today yesterday tomorrow")
"""Points in time that conditions name."""

FIELD_TYPES = Words("field_type", "text number flag time date record texts list object")
"""What a field holds, as lint names it."""

REPORTED = Words(
    "reported",
    "sent failed delivered read played bounced rejected not_rendered opened clicked reported_as_spam",
)
"""What a provider reports of a message."""

EXPLAINED = Words(
    "explained",
    "started shadow only_new only_new_no_record entered_before occasion_taken budget_used_up switched_off not_met"
    " changed_since loop",
)
"""What became of a rule when its event came."""
