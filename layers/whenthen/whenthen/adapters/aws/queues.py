"""Send jobs and leads to their SQS queues, and messages that cannot be processed to dead-letter queues."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, fields

from whenthen.adapters.aws.batches import chunks, send_groups
from whenthen.adapters.aws.client import AwsClient, aws_errors
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Job
    from whenthen.sources.meta.notification import LeadRef

MAX_CALL_BYTES = 250_000
"""SQS takes 256 KB in one call."""

MAX_DEFER = 39_600
"""Seconds for which a message is held back at most: SQS allows 12 hours from its receipt, one is left for the work."""

MAX_DELAY = 900
"""Seconds by which SQS delays a message that is sent, at most."""

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_LONGEST_ATTRIBUTE = 1_000
_SEND = "sqs:SendMessage"

# A message of a channel's queue must have run_id, step_id and occurrence.
NO_JOB = ReasonCode("message.no_job")
# A message of the lead queue must have leadgen_id.
NO_LEAD = ReasonCode("message.no_lead")


def message_of(job: Job) -> dict[str, Any]:
    """Make a job's message: it names the job, whose content is in the ledger."""
    return {"run_id": job.run_id, "step_id": job.step_id, "occurrence": job.occurrence}


def job_of(message: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return (run id, step id, occurrence) of a job's message. Raises Malformed."""
    match message:
        case {"run_id": str(run_id), "step_id": str(step_id), "occurrence": int(occurrence)}:
            return run_id, step_id, occurrence
    raise Malformed(NO_JOB())


class _Sender:
    """Send messages to one queue, ten at a time, and rejected ones again."""

    def __init__(self, client: AwsClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, documents: Sequence[Mapping[str, Any]], delay: float = 0.0) -> None:
        """Send a message for each document. Raises Temporary unless every one was taken."""
        later = {"DelaySeconds": min(round(delay), MAX_DELAY)} if delay else {}
        bodies = [json.dumps(document, separators=(",", ":")) for document in documents]
        groups = chunks(bodies, len, MAX_CALL_BYTES)
        send_groups(groups, lambda group: self._send_batch(group, later), _SEND)

    def is_empty(self) -> bool:
        """Tell whether the queue holds nothing; SQS counts approximately, and some seconds late."""
        with aws_errors("sqs:GetQueueAttributes"):
            found = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=list(_COUNTS))
        return not any(int(found["Attributes"].get(name, 0)) for name in _COUNTS)

    def _send_batch(self, bodies: Sequence[str], later: Mapping[str, int]) -> list[str]:
        entries = [{"Id": str(place), "MessageBody": body, **later} for place, body in enumerate(bodies)]
        with aws_errors(_SEND):
            answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        taken = {result["Id"] for result in answer.get("Successful", ())}
        return [body for place, body in enumerate(bodies) if str(place) not in taken]


class SqsJobs:
    """Send jobs to one queue per channel."""

    def __init__(self, client: AwsClient, url_of: Callable[[str], str]) -> None:
        self._sender_of = cache(lambda channel: _Sender(client, url_of(channel)))

    def send(self, channel: str, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        """Send the jobs to the channel's queue, `delay` seconds from now. Raises Temporary unless all were taken."""
        self._sender_of(channel).send([message_of(job) for job in jobs], delay)

    def is_empty(self, channel: str) -> bool:
        """Tell whether the channel's queue holds no message: none to be received, none under way, none delayed."""
        return self._sender_of(channel).is_empty()


class SqsLeads:
    """Send leads whose fields are to be fetched."""

    def __init__(self, client: AwsClient, queue_url: str) -> None:
        self._sender = _Sender(client, queue_url)

    def send(self, leads: Sequence[LeadRef], *, delay: float = 0.0) -> None:
        """Send the leads, `delay` seconds from now. Raises Temporary unless every one was taken."""
        self._sender.send([asdict(lead) for lead in leads], delay)


def lead_of(message: Mapping[str, Any]) -> LeadRef:
    """Read the lead of a message. Raises Malformed."""
    from whenthen.sources.meta.notification import LeadRef  # noqa: PLC0415 - only fetch_lead's messages are leads

    names = {field.name for field in fields(LeadRef)}
    if not isinstance(message.get("leadgen_id"), str) or not message.keys() <= names:
        raise Malformed(NO_LEAD())
    return LeadRef(**message)


class DeadLetters:
    """Dead-letter what a function can never process. `came_from` names the queue or stream that it works on."""

    def __init__(self, client: AwsClient, dead_letter_url: str, came_from: str) -> None:
        self._client = client
        self._dead_letter_url = dead_letter_url
        self._came_from = came_from

    def dead_letter(self, body: str, attributes: Mapping[str, str]) -> None:
        """Send it to the dead-letter queue. `attributes` say why it can never be processed. Raises Temporary."""
        attributes = {**attributes, "queue": self._came_from}
        with aws_errors(_SEND):
            self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": _attribute(text)} for name, text in attributes.items()
                },
            )


class OwnQueue(DeadLetters):
    """Defer or dead-letter messages of a function's own queue."""

    def __init__(self, client: AwsClient, queue_url: str, dead_letter_url: str) -> None:
        super().__init__(client, dead_letter_url, queue_url.rpartition("/")[2])
        self._queue_url = queue_url

    def defer(self, receipt: str, seconds: float) -> None:
        """Let the message come back after so long instead of the queue's visibility timeout. Raises Temporary."""
        with aws_errors("sqs:ChangeMessageVisibility"):
            self._client.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=receipt,
                VisibilityTimeout=min(max(0, round(seconds)), MAX_DEFER),
            )


def _attribute(text: str) -> str:
    """Make text that SQS takes as an attribute: not empty, bounded, without the characters that XML lacks."""
    kept = "".join(character if character.isprintable() else " " for character in text)[:_LONGEST_ATTRIBUTE].strip()
    return kept or "-"
