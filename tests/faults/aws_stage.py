"""A stage on AWS in process: how stories are told there, and what can be seen of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from email import message_from_string
from typing import Any

from moto.ses.models import ses_backends

from tests.faults.aws_machinery import ACCOUNT, BUCKET, REGION, STREAMS, AwsMachinery
from tests.faults.aws_outside import TappedWiring
from tests.usecases.fakes.world import Killed
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import parse_rule
from whenthen.ports.values import RunState, StoredRule


class AwsStage(AwsMachinery):
    """Provide all that stories need (`telling.Stage`)."""

    def now(self) -> datetime:
        return self.clock.now()

    def has_rule(self, document: Mapping[str, Any]) -> object:
        rule = parse_rule({**document, "version": 1})
        stored = StoredRule(rule.id, 1, {**document, "version": 1}, self.clock.now(), "test")
        self.undisturbed().rules.save(stored, rule, None)
        return rule

    def has_settings(self, name: str, document: Mapping[str, Any]) -> None:
        self.undisturbed().installation.save(name, document)

    def graph_knows(self, lead: Mapping[str, Any]) -> None:
        self.outside.leads[lead["id"]] = lead

    def post_to_meta_hook(self, headers: Mapping[str, str], body: bytes) -> None:
        event = {"requestContext": {"http": {"method": "POST"}}, "headers": dict(headers), "body": body.decode()}
        answer = None
        while answer is None or answer["statusCode"] != 200:
            try:
                answer = self.invoke("receive_meta", event)
            except Killed:
                continue

    def has_source(self, name: str, document: Mapping[str, Any], secret: str) -> None:
        self.undisturbed().sources.save(name, document)
        text = json.dumps({"secret": secret})
        self.clients("secretsmanager").create_secret(Name=f"whenthen/sources/{name}", SecretString=text)

    def post_to_hook(self, name: str, headers: Mapping[str, str], body: bytes) -> None:
        event = {"pathParameters": {"source": name}, "headers": dict(headers), "body": body.decode()}
        answer = None
        while answer is None or answer["statusCode"] != 202:
            try:
                answer = self.invoke("receive_webhook", event)
            except Killed:
                continue

    def publish(self, event: Event) -> None:
        while True:
            try:
                TappedWiring(self._settings(""), self, self.tap).bus.publish([event])
            except Killed:
                continue
            return

    def writes(self, ref: str, **fields: Any) -> None:
        kind, _, external_id = ref.partition(":")
        self.undisturbed().save_record.upsert(kind, external_id, fields, origin="human")

    def tick(self) -> None:
        self._send("sweeps", {"sweep": "dates"})

    def pass_time(self, **by: float) -> None:
        self.clock.move(**by)

    def lose_an_answer(self) -> None:
        self.outside.losing = True

    def receive_mail(self, raw: bytes, external_id: str) -> None:
        key = f"inbound/{external_id}"
        self.clients("s3").put_object(Bucket=BUCKET, Key=key, Body=raw)
        told = {"bucket": {"name": BUCKET}, "object": {"key": key}}
        self._send("mail", {"Records": [{"eventTime": format_time(self.now()), "s3": told}]})

    def report_of_ses(self, report: Mapping[str, Any]) -> None:
        self._send("mail", {"source": "aws.ses", "detail": report})

    def _send(self, queue: str, document: Mapping[str, Any]) -> None:
        self.clients("sqs").send_message(QueueUrl=self.urls[queue], MessageBody=json.dumps(document))

    def objects(self) -> Mapping[str, bytes]:
        s3 = self.clients("s3")
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
        return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def states(self) -> Sequence[RunState]:
        runs = self.undisturbed().runs
        rules = self.undisturbed().rules.list(limit=100, cursor=None).items
        found = [run for rule in rules for run in runs.by_rule(rule.id, limit=100, cursor=None).items]
        return [state for state in (runs.load(run.id) for run in found) if state is not None]

    def records(self, kind: str) -> Sequence[Record]:
        return self.undisturbed().records.list(kind, limit=100, cursor=None).items

    def effects(self) -> Counter[str]:
        mails = ses_backends[ACCOUNT][REGION].sent_messages
        jobs = [message_from_string(mail.raw_data)["X-Whenthen-Job"] for mail in mails]
        return Counter(
            [f"email {job}" for job in jobs]
            + [f"whatsapp {key}" for key in self.outside.whatsapp]
            + [f"webhook {key}" for key in sorted(set(self.outside.webhooks))]
        )

    def left_over(self) -> Sequence[str]:
        self._receive()
        url = self.urls["dead"]
        dead = self.clients("sqs").receive_message(QueueUrl=url).get("Messages", [])
        waiting = [f"{flight.queue}: {flight.message['Body']}" for flight in self.flights]
        changes = [str(change) for table in STREAMS for change in self.changes[table]]
        enrolling = [name for name, each in self.enrolments.items() if each.at is not None]
        dead_lettered = [message["Body"] for message in dead]
        return [*waiting, *changes, *dead_lettered, *self.sequences.open, *enrolling]
