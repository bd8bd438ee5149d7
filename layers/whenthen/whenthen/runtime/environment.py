"""Read the environment as one model; no other module reads it.

Each function is given only the variables that it needs (template.yaml), so each is read when it is used,
and the error names a missing one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Misconfigured(Exception):
    """Report that a variable of this function is missing or invalid: a defect of the deployment."""


class Variable(Generic[T]):
    """Read one environment variable as `T`."""

    def __init__(self, name: str, read: Callable[[str], T], default: str | None = None) -> None:
        self.name = name
        self._read = read
        self._default = default

    def __get__(self, settings: Settings, owner: type[Settings]) -> T:
        """Return its value. Raises Misconfigured."""
        text = settings.environment.get(self.name, "") or self._default
        if text is None:
            raise Misconfigured(f"the environment variable {self.name} is not set")
        try:
            return self._read(text)
        except ValueError as error:
            raise Misconfigured(f"the environment variable {self.name} is not valid: {error}") from error


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false is required")
    return text == "true"


def _named(text: str) -> str | None:
    return None if text == "none" else text


def _blank(text: str) -> str:
    return "" if text == "none" else text


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


class Settings:
    """Hold the settings that the template gives to a function."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    stage = Variable("STAGE", str, "local")
    own_metrics = Variable("OWN_METRICS", str, "alarms")
    xray_trace = Variable("_X_AMZN_TRACE_ID", str, "")
    xray_daemon = Variable("AWS_XRAY_DAEMON_ADDRESS", str, "")
    function_name = Variable("AWS_LAMBDA_FUNCTION_NAME", str, "whenthen")
    config_table = Variable("CONFIG_TABLE", str)
    records_table = Variable("RECORDS_TABLE", str)
    runs_table = Variable("RUNS_TABLE", str)
    bus_name = Variable("BUS_NAME", str)
    lead_queue_url = Variable("LEAD_QUEUE_URL", str)
    channel = Variable("CHANNEL", str)
    queue_url = Variable("QUEUE_URL", str)
    dead_letter_url = Variable("DEAD_LETTER_URL", str)
    import_queue_url = Variable("IMPORT_QUEUE_URL", str)
    import_dead_letter_url = Variable("IMPORT_DEAD_LETTER_URL", str)
    sequence_arn = Variable("SEQUENCE_ARN", str)
    enrolment_arn = Variable("ENROLMENT_ARN", str)
    import_arn = Variable("IMPORT_ARN", str)
    work_arn = Variable("WORK_ARN", str)
    secrets_prefix = Variable("SECRETS_PREFIX", str)
    graph_api_url = Variable("GRAPH_API_URL", str)
    graph_api_version = Variable("GRAPH_API_VERSION", str)
    mail_from = Variable("MAIL_FROM", str)
    mail_senders = Variable("MAIL_SENDERS", _listed, "")
    mail_configuration_set = Variable("MAIL_CONFIGURATION_SET", _named, "none")
    mail_domain = Variable("MAIL_DOMAIN", _named, "none")
    links_url = Variable("LINKS_URL", str)
    sms_provider = Variable("SMS_PROVIDER", str, "eum")
    sms_from = Variable("SMS_FROM", _blank, "none")
    sms_max_parts = Variable("SMS_MAX_PARTS", int, "6")
    sms_configuration_set = Variable("SMS_CONFIGURATION_SET", _named, "none")
    bucket_name = Variable("BUCKET_NAME", str)
    default_country = Variable("DEFAULT_COUNTRY", _named, "none")
    retention_days = Variable("RETENTION_DAYS", int, "90")
    dangerously_allow_private_addresses = Variable("DANGEROUSLY_ALLOW_PRIVATE_ADDRESSES", _flag, "false")

    def channel_queue_url(self, channel: str) -> str:
        """Return the queue of a channel, from `<CHANNEL>_QUEUE_URL`. Raises Misconfigured."""
        name = f"{channel.upper()}_QUEUE_URL"
        url = self.environment.get(name, "")
        if not url:
            raise Misconfigured(f"the environment variable {name} is not set")
        return url


def from_environment() -> Settings:
    """Return the settings of this process."""
    return Settings(os.environ)
