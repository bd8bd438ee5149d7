"""Numbers of the API, of records, sources and the guides that are bounds in the code."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

from tests.docs.claims.row import Bound, word
from tests.template.reading import template
from whenthen.adapters.dynamodb.common import pages
from whenthen.adapters.dynamodb.config_table import templates as config_templates
from whenthen.adapters.dynamodb.figures import figures
from whenthen.adapters.dynamodb.intake import rejections
from whenthen.adapters.http import client
from whenthen.adapters.providers import graph
from whenthen.api import requests
from whenthen.channels.email import attachments
from whenthen.channels.email.recipients import choice
from whenthen.channels.staff import colleagues, rooms
from whenthen.channels.webhook import effect
from whenthen.channels.whatsapp import bounds as whatsapp_bounds
from whenthen.channels.whatsapp import effect as whatsapp
from whenthen.domain.common import backoff, json_bounds
from whenthen.domain.imports import job
from whenthen.domain.notices import notice
from whenthen.domain.records import consent_log, record
from whenthen.domain.rules import actions
from whenthen.domain.scheduling import sweep_window
from whenthen.domain.sending import limits, retry_after, sms_parts
from whenthen.domain.steps import retries
from whenthen.domain.stored_templates import message_template, reading
from whenthen.domain.temporal import public_holidays, waits, working_hours
from whenthen.domain.work.failing import FailureSettings
from whenthen.sources.email import bounds as mail_bounds
from whenthen.sources.email import parts
from whenthen.sources.files import row_splitter
from whenthen.sources.redaction import redaction
from whenthen.sources.webhook import delivery, mapping
from whenthen.usecases.ingest import reconcile_leads, record_rejection, send_event
from whenthen.usecases.matching import decide, show_automation
from whenthen.usecases.messages import manage_notices
from whenthen.usecases.records import import_records
from whenthen.usecases.sending import answers
from whenthen.usecases.templates import manage_templates

FAILURES = FailureSettings()
TEMPLATES, NOTICES = "guides/templates.md", "guides/notices.md"
API, RECORDS, SOURCES = "reference/api.md", "reference/records.md", "reference/sources.md"
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
GIVE_UP = backoff.GIVE_UP_AFTER // HOUR
LONGEST_PAUSE = backoff.LONGEST_PAUSE / 60
KB, MB = 1_024, 1_000_000
DEFAULTS = {name: found.get("Default") for name, found in template()["Parameters"].items()}
MOST_OF_PAGE = next(mark.le for mark in get_args(requests.Limit)[1].metadata if hasattr(mark, "le"))

BOUNDS = (
    Bound(NOTICES, "the text, at most § characters", (notice.MAX_TEXT,)),
    Bound(NOTICES, "one line, at most § characters", (notice.MAX_TITLE,)),
    Bound(NOTICES, "a step tells at most § colleagues", (colleagues.MAX_COLLEAGUES,)),
    Bound(NOTICES, "notes at most § notices as read", (manage_notices.MAX_READ_AT_ONCE,)),
    Bound("architecture.md", "The id follows from the job and the colleague | § days", (notice.KEPT_FOR.days,)),
    Bound(NOTICES, "those who are told, at most § of them", (rooms.MAX_NAMES,)),
    Bound(NOTICES, "A message of Slack has at most § characters", (rooms.MAX_SLACK,)),
    Bound(NOTICES, "a card of Teams at most § bytes", (rooms.MAX_TEAMS,)),
    Bound("guides/operations.md", "| notices to colleagues | § days |", (notice.KEPT_FOR.days,)),
    Bound(NOTICES, "Notices are kept for § days", (notice.KEPT_FOR.days,)),
    Bound(API, "Figures are kept for § days", (figures.KEPT_FOR.days,)),
    Bound(API, "A page has whole days, at most § of them", (figures.MOST_DAYS,)),
    Bound("architecture.md", "list by id; a channel, once in § seconds", (int(config_templates.KEPT_FOR),)),
    Bound(TEMPLATES, "the subject has one line of at most § characters", (message_template.MAX_SUBJECT,)),
    Bound(TEMPLATES, "| `text` | at most § characters, and of the stack's [parts]", (message_template.MAX_SMS,)),
    Bound(TEMPLATES, "a free text and no template of Meta's | at most § characters", (message_template.MAX_WHATSAPP,)),
    Bound(
        TEMPLATES,
        "A template has at most § languages, and each part at most § characters",
        (reading.MAX_LANGUAGES, actions.MAX_TEMPLATE),
    ),
    Bound(TEMPLATES, "A change is in force within § seconds", (int(config_templates.KEPT_FOR),)),
    Bound(TEMPLATES, "The last § versions are listed", (manage_templates.MAX_VERSIONS,)),
    Bound(
        "guides/mail.md",
        "Limit: § files, § bytes together",
        (attachments.MAX_FILES, attachments.MAX_BYTES),
    ),
    *(
        Bound(page, said, tuple(bound.most for bound in answers.BOUNDS))
        for page, said in (
            ("guides/limits.md", "§ are answered within an hour and § within a day"),
            ("reference/rules.md", "where § of the person's were answered within an hour, or § within a day"),
        )
    ),
    Bound("guides/mail.md", "Limit: § recipients of one mail", (choice.MAX_RECIPIENTS,)),
    Bound(
        API,
        "more than § requests a second, or § at once",
        (int(DEFAULTS["ApiRateLimit"]), int(DEFAULTS["ApiBurstLimit"])),
    ),
    Bound(
        API,
        "`pause_after` failed runs (§; 0: never) `within` a time (§ minutes), tried again after"
        " `try_again_after` (§ minutes)",
        (FAILURES.pause_after, FAILURES.within // MINUTE, FAILURES.try_again_after // MINUTE),
    ),
    Bound(API, "`limit` is at most §", (MOST_OF_PAGE,)),
    Bound(API, "at most § MB of them", (pages.MAX_PAGE_BYTES / MB,)),
    Bound(API, "The newest § entries of the record's history", (show_automation.MAX_ENTRIES,)),
    Bound(API, "a list of up to § spans", (word(working_hours.MAX_SPANS),)),
    Bound(API, "up to § further days off", (public_holidays.MAX_DAYS,)),
    Bound(API, "up to § holidays of the country that are days of work", (public_holidays.MAX_DAYS,)),
    Bound(API, "`limits.marketing` has up to § caps", (limits.MAX_CAPS,)),
    Bound(RECORDS, "its last § changes", (consent_log.MAX_CHANGES,)),
    Bound(RECORDS, "and up to § fields with any JSON value", (record.MAX_FIELDS,)),
    Bound(RECORDS, "together at most § bytes", (record.MAX_RECORD_BYTES,)),
    Bound(RECORDS, "Whole numbers have § bits", (json_bounds.MOST.bit_length() + 1,)),
    Bound(RECORDS, "lists of at most §, and find the record", (word(record.MAX_OTHERS),)),
    Bound(RECORDS, "the ids that a record stands for, at most §", (word(record.MAX_ABSORBED),)),
    Bound(RECORDS, "CSV or JSON lines, up to § MB", (job.MAX_FILE_BYTES // MB,)),
    Bound(RECORDS, "that `enrol` names (up to §", (word(job.MAX_ENROL_RULES),)),
    Bound(RECORDS, "The first § are listed with the line", (job.MAX_REFUSALS,)),
    Bound(RECORDS, "A row ends within § kB", (row_splitter.MAX_ROW_BYTES // KB,)),
    Bound(
        RECORDS,
        "not finished after § turns (each § seconds, or § transactions",
        (import_records.MAX_CALLS, int(import_records.SLICE.total_seconds()), import_records.BATCHES),
    ),
    Bound(SOURCES, "`mappings` | up to §.", (mapping.MAX_MAPPINGS,)),
    Bound(SOURCES, "finds a list of up to § items", (delivery.MAX_ITEMS,)),
    Bound(
        SOURCES,
        "the last § authenticated deliveries",
        (rejections.SLOTS[True],),
    ),
    Bound(
        SOURCES,
        "and the last § unauthenticated ones, for § days",
        (rejections.SLOTS[False], rejections.KEPT_FOR // DAY),
    ),
    Bound(SOURCES, "up to § characters of the body are kept", (redaction.LONGEST_BODY,)),
    Bound(
        SOURCES,
        "keeps § rejections of a source at once, then one every § seconds (unauthenticated: §, then one a minute)",
        (
            record_rejection.PACES[True].burst,
            word(record_rejection.PACES[True].pause // timedelta(seconds=1)),
            record_rejection.PACES[False].burst,
        ),
    ),
    Bound(SOURCES, "makes at most § calls of § leads", (reconcile_leads.MAX_CALLS, graph.PAGE)),
    Bound(
        SOURCES,
        "up to § lines, § bytes of headers, § multiparts and § parts",
        (mail_bounds.MAX_LINES, mail_bounds.MAX_HEADER_BYTES, mail_bounds.MAX_MULTIPARTS, parts.MAX_PARTS),
    ),
    Bound("guides/deploy.md", "for that alarm; default §", (float(DEFAULTS["SmsPrice"]),)),
    Bound("guides/deploy.md", "default §, which means no archive", (int(DEFAULTS["ArchiveDays"]),)),
    Bound(
        "guides/deploy.md",
        "finished runs and events are kept (at least §)",
        (int(template()["Parameters"]["RetentionDays"]["MinValue"]),),
    ),
    Bound("guides/events.md", "a list of up to §", (send_event.MAX_EVENTS,)),
    Bound(
        "guides/whatsapp.md", "message of this customer from the last § hours", (whatsapp.WINDOW // timedelta(hours=1),)
    ),
    Bound("guides/whatsapp.md", "A caption has at most § characters", (whatsapp_bounds.CAPTION,)),
    Bound("guides/limits.md", "§ business days, § business hours", (waits.MAX_BUSINESS_DAYS, waits.MAX_BUSINESS_HOURS)),
    Bound(
        "guides/records.md",
        "§ MB a file, § kB a row",
        (job.MAX_FILE_BYTES // MB, row_splitter.MAX_ROW_BYTES // KB),
    ),
    Bound("guides/rules.md", "one wait takes at most § days, all waits", (waits.MAX_WAIT_DAYS,)),
    Bound("guides/rules.md", "all waits of a rule together at most § years", (word(waits.MAX_DAYS_AHEAD // 366),)),
    Bound("guides/rules.md", "more than § hours late is skipped", (sweep_window.Lateness().most // HOUR,)),
    Bound("guides/rules.md", "in a circle end after § runs", (decide.MAX_DEPTH,)),
    Bound(
        "guides/sms.md",
        "has § characters in one part, and § in each of several",
        (sms_parts.ONE[sms_parts.Encoding.GSM_7], sms_parts.EACH[sms_parts.Encoding.GSM_7]),
    ),
    Bound(
        "guides/sms.md",
        "UCS-2: §, or § in each of several",
        (sms_parts.ONE[sms_parts.Encoding.UCS_2], sms_parts.EACH[sms_parts.Encoding.UCS_2]),
    ),
    Bound("guides/sources.md", "Limit: § items", (delivery.MAX_ITEMS,)),
    Bound("guides/webhooks.md", "The body has at most § bytes", (effect.MAX_BODY,)),
    Bound("guides/webhooks.md", "Answer within § seconds", (int(client.TOTAL_SECONDS),)),
    Bound("guides/webhooks.md", "at most § hours), for up to § hours", (retry_after.LONGEST_HOURS, GIVE_UP)),
    Bound(
        "guides/webhooks.md",
        "grows from § seconds to § minutes, for up to § hours; the step's `retry` may say less",
        (backoff.NOT_DONE.first, backoff.NOT_DONE.longest / 60, retries.LONGEST_HOURS),
    ),
)
