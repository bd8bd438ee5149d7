"""Numbers of the architecture, the scale and the operation of a stack that are those of the code and the template."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dev import restore
from tests.docs.claims.row import Bound, word
from tests.template.reading import default_of, properties, resources, source, template
from whenthen.adapters.aws import client, secret_reader
from whenthen.adapters.dynamodb.common import transactions
from whenthen.adapters.dynamodb.config_table import rule_items, snapshots
from whenthen.adapters.dynamodb.enrolments.enrolments import MEMBERS_KEPT_FOR
from whenthen.adapters.dynamodb.entries.last_entries import SHARED_FOR
from whenthen.adapters.dynamodb.figures import figures
from whenthen.adapters.dynamodb.intake import rejections
from whenthen.adapters.dynamodb.runs_table import exit_subscriptions, run_items
from whenthen.adapters.http.client import TOTAL_SECONDS
from whenthen.channels.api.action import RETRIES
from whenthen.channels.record import turns
from whenthen.domain.common import backoff
from whenthen.domain.figures import tally
from whenthen.domain.imports import job
from whenthen.domain.records import record
from whenthen.domain.scheduling import sweep_window, wait_legs
from whenthen.domain.sending import switch
from whenthen.ports import values
from whenthen.runtime import stream_forwarder
from whenthen.usecases.matching import explain_event
from whenthen.usecases.records import import_records
from whenthen.usecases.runs import resume_runs

ARCHITECTURE, SCALE, OPERATIONS = "architecture.md", "scale.md", "guides/operations.md"
HOUR, DAY, MINUTE, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
GIVE_UP = backoff.GIVE_UP_AFTER // HOUR
LONGEST_PAUSE = backoff.LONGEST_PAUSE / 60
OUTAGE = (int(backoff.SHORTEST_OUTAGE_PAUSE), int(backoff.LONGEST_OUTAGE_PAUSE))
CONSUMERS: dict[str, dict[str, Any]] = source()["Mappings"]["Consumers"]
QUEUES: dict[str, dict[str, Any]] = source()["Mappings"]["Queues"]
SIZES = ("Small", "Standard", "Large")
OLD_QUEUE = properties("EventQueueAlarm")["Threshold"] // 60
TICK = 5 * MINUTE
OLD_KEY = (secret_reader.KEPT_FOR + properties("KeyAuthorizer")["AuthorizerResultTtlInSeconds"]) * SECOND
"""Time for which a first key that was replaced is good: it is kept, and then an answer about it is."""

ALARMS = sum("Condition" not in alarm for alarm in resources("AWS::CloudWatch::Alarm").values())
SPEND_METRICS = sum("MetricStat" in metric for metric in properties("SpendAlarm")["Metrics"])
SECRETS = len(resources("AWS::SecretsManager::Secret"))
POLLS, MINUTES_OF_A_MONTH = 15, 60 * 24 * 365 / 12
COSTS = (ALARMS * 0.10, SECRETS * 0.40, round((len(QUEUES) * POLLS * MINUTES_OF_A_MONTH / 1e6 - 1) * 0.40, 1))
"""USD a month for alarms, secrets, and for asking queues whether there are messages."""


def workers(*names: str) -> tuple[int, ...]:
    """Return how many work on a consumer at once, by size; the same for each of the names."""
    counts = {tuple(CONSUMERS[name][size] for size in SIZES) for name in names}
    assert len(counts) == 1
    return counts.pop()


def days(queue: str) -> int:
    """Return how long a queue keeps a message."""
    return int(QUEUES[queue]["Retention"]) // 86_400


CAPACITY = tuple(sum(CONSUMERS[name][size] for name in CONSUMERS) for size in SIZES)
A_TENTH_OF_A_SECOND = tuple(count * 10 for count in workers("MatchRules"))

_ARCHITECTURE = (
    Bound(ARCHITECTURE, "compressed, in chunks of up to § kB", (snapshots.CHUNK_BYTES // 1_000,)),
    Bound(
        ARCHITECTURE,
        "for explanations; as `trigger#` | save, delete | explanations, the first §",
        (explain_event.MAX_OFF,),
    ),
    Bound(ARCHITECTURE, "and the rules of the last § changes", (rule_items.MAX_CHANGES,)),
    Bound(ARCHITECTURE, "or more than § changes old", (rule_items.MAX_CHANGES,)),
    Bound(ARCHITECTURE, "then `GetItem` for each; at most §", (values.MAX_OF_PERSON,)),
    Bound(ARCHITECTURE, "as many records as § items hold", (transactions.MAX_WRITES,)),
    Bound(ARCHITECTURE, "if it has more than § bytes compressed", (run_items.MAX_INLINE_EVENT,)),
    Bound(ARCHITECTURE, "§ days after it was last written", (exit_subscriptions.LAST_EXIT_KEPT_FOR // DAY,)),
    Bound(
        ARCHITECTURE,
        "masked: § and § slots | § days",
        (rejections.SLOTS[True], rejections.SLOTS[False], rejections.KEPT_FOR // DAY),
    ),
    Bound(ARCHITECTURE, "for rows 0 to §", (turns.SPREAD - 1,)),
    Bound(ARCHITECTURE, "that it saw, or that of a change | § days", (SHARED_FOR // DAY,)),
    Bound(ARCHITECTURE, "hashes of their addresses | the retention, at least § days", (MEMBERS_KEPT_FOR // DAY,)),
    Bound(ARCHITECTURE, "why a row was rejected; the first §", (job.MAX_REFUSALS,)),
    Bound(ARCHITECTURE, "each record that it absorbed, at most §)", (word(record.MAX_ABSORBED),)),
    Bound(ARCHITECTURE, "consistent; at most § items", (sum(rejections.SLOTS.values()) + len(rejections.SLOTS),)),
    Bound(ARCHITECTURE, "A transaction holds at most § items", (transactions.MAX_WRITES,)),
    Bound(ARCHITECTURE, "A wait of more than § days goes in legs", (wait_legs.LEG // DAY,)),
    Bound(ARCHITECTURE, "tries § times within a second", (word(client.STORE.retries["total_max_attempts"]),)),  # type: ignore[attr-defined]
    Bound(ARCHITECTURE, "comes back after § to § seconds", OUTAGE),
    Bound(ARCHITECTURE, "is kept for § s", (properties("KeyAuthorizer")["AuthorizerResultTtlInSeconds"],)),
)

_OPERATIONS = (
    Bound(OPERATIONS, "for over § minutes", (OLD_QUEUE,)),
    Bound(OPERATIONS, "makes up for up to § days", (sweep_window.MAX_LATE // DAY,)),
    Bound(OPERATIONS, "changes of more than § kB", (stream_forwarder.MAX_DEAD_LETTER_BYTES // 1_000,)),
    Bound(OPERATIONS, "messages come back after § to § seconds", OUTAGE),
    Bound(
        OPERATIONS,
        "jobs come back after § s to § min (`call_api`: to § hours) for § hours,",
        (
            backoff.NOT_DONE.first,
            backoff.NOT_DONE.longest / 60,
            RETRIES.longest / 3_600,
            backoff.NOT_DONE.lasts // HOUR,
        ),
    ),
    Bound(
        OPERATIONS,
        "after pauses of § s to § min, or after the time that the provider names, for up to § hours",
        (backoff.FIRST_PAUSE, LONGEST_PAUSE, GIVE_UP),
    ),
    Bound(OPERATIONS, "become dead letters after § hours", (GIVE_UP,)),
    Bound(OPERATIONS, "within § minutes, `ResumeRuns`", ((resume_runs.LOOK_AGAIN + TICK) // MINUTE,)),
    Bound(OPERATIONS, "tried again every § minutes", (resume_runs.LOOK_AGAIN // MINUTE,)),
    Bound(OPERATIONS, "`stopped` after § turns", (import_records.MAX_CALLS,)),
    Bound(OPERATIONS, "(§ a minute where you name none)", (switch.RATE,)),
    Bound(OPERATIONS, "again, at most every § seconds", (word(int(secret_reader.FRESH_FOR)),)),
    Bound(OPERATIONS, "they go on within § minutes", ((resume_runs.LOOK_AGAIN + TICK) // MINUTE,)),
    Bound(OPERATIONS, "It begins § minutes after", (word(restore.IN_FLIGHT // MINUTE),)),
    Bound(OPERATIONS, "DO=go`, § minutes later", (word(restore.BEHIND // MINUTE),)),
    Bound(OPERATIONS, "it is read within § seconds", (int(secret_reader.ABSENT_FOR),)),
    Bound(OPERATIONS, "the old one for up to § minutes more", (word(OLD_KEY // MINUTE),)),
    Bound(OPERATIONS, "so the minimum is § days", (int(template()["Parameters"]["RetentionDays"]["MinValue"]),)),
    Bound(
        OPERATIONS,
        "repeats for up to §, an event may then lie in its queue for § and among the dead letters for §",
        (
            sweep_window.MAX_LATE // DAY,
            days("Event"),
            int(properties("EventDeadLetters")["MessageRetentionPeriod"]) // 86_400,
        ),
    ),
    Bound(OPERATIONS, "rejected deliveries | § days", (rejections.KEPT_FOR // DAY,)),
    Bound(OPERATIONS, "hashes of their addresses | the retention, at least § days", (MEMBERS_KEPT_FOR // DAY,)),
)

_SCALE = (
    Bound(SCALE, "| `MatchRules` | § | § | § |", workers("MatchRules")),
    Bound(SCALE, "| `MatchImports` (the matcher's second queue) | § | § | § |", workers("MatchImports")),
    Bound(SCALE, "| `CallWebhook`, `ChangeRecord`, each | § | § | § |", workers("CallWebhook", "ChangeRecord")),
    Bound(
        SCALE,
        "| `SendWhatsapp`, `CallApi`, `UpdateAudience`, each | § | § | § |",
        workers("SendWhatsapp", "CallApi", "UpdateAudience"),
    ),
    Bound(
        SCALE,
        "| `SendEmail`, `SendSms`, `SendChat`, `NotifyStaff`, `FetchLead`, `ReceiveEmail`, `ReceiveSms`, each "
        "| § | § | § |",
        workers("SendEmail", "FetchLead", "ReceiveEmail"),
    ),
    Bound(
        SCALE,
        "| `FireDueDates`, `ReconcileLeads`, `ResumeRuns`, each | § | § | § |",
        workers("FireDueDates", "ReconcileLeads", "ResumeRuns"),
    ),
    Bound(SCALE, "| all of them at once | § | § | § |", CAPACITY),
    Bound(SCALE, "if matching one takes 100 ms | § | § | § |", A_TENTH_OF_A_SECOND),
    Bound(SCALE, "an alarm rings after § minutes", (OLD_QUEUE,)),
    Bound(SCALE, "So `small` can ask for § of the ten", (CAPACITY[0],)),
    Bound(SCALE, "`StreamParallelism` (up to §)", (template()["Parameters"]["StreamParallelism"]["MaxValue"],)),
    Bound(
        SCALE,
        "takes at most § messages at once",
        (word(template()["Parameters"]["SendEmailBatchSize"]["MaxValue"]),),
    ),
    Bound(
        SCALE,
        "may last § seconds of its function's §",
        (int(TOTAL_SECONDS), properties("SendEmail")["Timeout"]),
    ),
    Bound(SCALE, "in their queue for up to § days", (word(days("Event")),)),
    Bound(ARCHITECTURE, "shard>`, § shards", (word(figures.SHARDS),)),
    Bound(
        ARCHITECTURE,
        "the runs that were counted in the last § minutes, at most §; a version | § days |",
        (tally.REMEMBERED_FOR // MINUTE, tally.MOST_REMEMBERED, figures.KEPT_FOR.days),
    ),
    Bound(SCALE, "up to § share them", (default_of({"Ref": "StreamBatchSize"}) // figures.SHARDS,)),
    Bound(
        ARCHITECTURE, "each of up to § runs where many end", (default_of({"Ref": "StreamBatchSize"}) // figures.SHARDS,)
    ),
    Bound(SCALE, "| alarms, at 0.10 | §: § |", (ALARMS, f"{COSTS[0]:.2f}")),
    Bound(SCALE, "`MonthlyBudget` one of § metrics, at §", (SPEND_METRICS, f"{SPEND_METRICS * 0.10:.2f}")),
    Bound(SCALE, "| secrets, at 0.40 | §: § |", (SECRETS, f"{COSTS[1]:.2f}")),
    Bound(
        SCALE,
        "up to § times a minute, at 0.40 a million after the first | § queues: §",
        (POLLS, len(QUEUES), f"{COSTS[2]:.2f}"),
    ),
    Bound(SCALE, "| together | about § |", (round(sum(COSTS)),)),
)

BOUNDS = (*_ARCHITECTURE, *_OPERATIONS, *_SCALE)
