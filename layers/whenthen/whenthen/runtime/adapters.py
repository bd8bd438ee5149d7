"""Make the adapters of a function from its settings, each when it is first used.

Each property imports its own adapter, so that a cold start loads no others. `runtime.stores` has those on tables.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from whenthen.runtime.stores import Stores

if TYPE_CHECKING:
    from whenthen.adapters.aws.queues import DeadLetters, OwnQueue
    from whenthen.ports.administration import (
        SecretVault,
    )
    from whenthen.ports.background.enrolments import EnrolmentWorkers
    from whenthen.ports.background.imports import ImportFiles, ImportWorkers
    from whenthen.ports.background.work import Workers
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import Graph, Http, LeadQueue, Objects, Secrets
    from whenthen.ports.runs import JobQueues, Sequences
    from whenthen.runtime.country import InstallationCountry


class Adapters(Stores):
    """Hold the stores and the other adapters, by their names."""

    @property
    def country(self) -> str | None:
        """Return the country by which numbers without a country code are read, as the settings are now."""
        return self._country()

    @cached_property
    def _country(self) -> InstallationCountry:
        from whenthen.runtime.country import InstallationCountry

        return InstallationCountry(self.installation, self.settings.default_country)

    @cached_property
    def sqs(self) -> Any:
        return self.client("sqs")

    @cached_property
    def bus(self) -> Bus:
        from whenthen.adapters.aws.event_bus import EventBridgeBus
        from whenthen.runtime.journal import BUS, Journal

        return cast("Bus", Journal(EventBridgeBus(self.client("events"), self.settings.bus_name), BUS))

    @cached_property
    def leads(self) -> LeadQueue:
        from whenthen.adapters.aws.queues import SqsLeads

        return SqsLeads(self.sqs, self.settings.lead_queue_url)

    @cached_property
    def queues(self) -> JobQueues:
        from whenthen.adapters.aws.queues import SqsJobs

        return SqsJobs(self.sqs, self.settings.channel_queue_url)

    @cached_property
    def messages(self) -> OwnQueue:
        """Make the client of the queue that this function works on."""
        from whenthen.adapters.aws.queues import OwnQueue

        return OwnQueue(self.sqs, self.settings.queue_url, self.settings.dead_letter_url)

    @cached_property
    def import_messages(self) -> OwnQueue:
        """Make the client of the matcher's second queue, that of imports."""
        from whenthen.adapters.aws.queues import OwnQueue

        return OwnQueue(self.sqs, self.settings.import_queue_url, self.settings.import_dead_letter_url)

    @cached_property
    def lost_changes(self) -> DeadLetters:
        """Make the dead-letter queue for changes of records that can never be published."""
        from whenthen.adapters.aws.queues import DeadLetters

        return DeadLetters(self.sqs, self.settings.dead_letter_url, "records")

    @cached_property
    def lost_outcomes(self) -> DeadLetters:
        """Make the dead-letter queue for outcomes of runs that can never be published."""
        from whenthen.adapters.aws.queues import DeadLetters

        return DeadLetters(self.sqs, self.settings.dead_letter_url, "runs")

    @cached_property
    def sequences(self) -> Sequences:
        from whenthen.adapters.aws.sequences import StepFunctions

        return StepFunctions(self.client("stepfunctions"), self.settings.sequence_arn)

    @cached_property
    def enrolment_workers(self) -> EnrolmentWorkers:
        from whenthen.adapters.aws.paginated_work import EnrolmentMachine

        return EnrolmentMachine(self.client("stepfunctions"), self.settings.enrolment_arn)

    @cached_property
    def workers(self) -> Workers:
        from whenthen.adapters.aws.paginated_work import WorkMachine

        return WorkMachine(self.client("stepfunctions"), self.settings.work_arn)

    @cached_property
    def import_workers(self) -> ImportWorkers:
        from whenthen.adapters.aws.paginated_work import ImportMachine

        return ImportMachine(self.client("stepfunctions"), self.settings.import_arn)

    @cached_property
    def import_files(self) -> ImportFiles:
        from whenthen.adapters.aws.import_files import SIGNING, S3ImportFiles

        return S3ImportFiles(self.client("s3", SIGNING), self.settings.bucket_name)

    @cached_property
    def secrets(self) -> Secrets:
        from whenthen.adapters.aws.secret_reader import SecretsManager

        return SecretsManager(self.client("secretsmanager"), self.settings.secrets_prefix)

    @cached_property
    def vault(self) -> SecretVault:
        from whenthen.adapters.aws.secret_writer import SecretsManagerVault

        return SecretsManagerVault(self.client("secretsmanager"), self.settings.secrets_prefix)

    @cached_property
    def http(self) -> Http:
        from whenthen.adapters.http.client import GuardedHttp

        allow = self.settings.dangerously_allow_private_addresses
        return GuardedHttp(dangerously_allow_private_addresses=allow)

    @cached_property
    def graph(self) -> Graph:
        from whenthen.adapters.providers.graph import GraphApi

        return GraphApi(self.http, self.secrets, self.settings.graph_api_url, self.settings.graph_api_version)

    @cached_property
    def objects(self) -> Objects:
        from whenthen.adapters.aws.object_store import S3Objects

        return S3Objects(self.client("s3"), self.settings.bucket_name)
