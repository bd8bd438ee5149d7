"""Write logs as JSON lines and metrics in CloudWatch's embedded format, both without bodies and personal data.

CloudWatch bills each metric by name and function. So only those that an alarm watches are metrics, unless OWN_METRICS
says `all`. The other counts are in the same line of the log, where Logs Insights sums them up:
`filter ispresent(EventsMatched) | stats sum(EventsMatched.0) by service`.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from whenthen.domain.common.errors import Invalid, WhenthenError
from whenthen.domain.common.reasons import Reason
from whenthen.runtime.environment import from_environment
from whenthen.runtime.tracing import annotate

# Not every invocation counts something: no warning in the log for that.
warnings.filterwarnings("ignore", "No application metrics to publish")

ALARMED = frozenset(
    {
        "ChannelsPaused",
        "JobsFailed",
        "JobsUnknown",
        "MessagesFailed",
        "OccasionsSkipped",
        "RequestsRefused",
        "RulesFailed",
        "RulesPaused",
        "RunsFailed",
    }
)
"""Counts that an alarm of template.yaml watches."""


class _Counts(AmazonCloudWatchEMFProvider):
    """Make metrics of the counts that are wanted, and fields of a log line of the others."""

    def serialize_metric_set(self, *arguments: Any, **named: Any) -> Any:
        """Return the line as Powertools makes it, but for the metrics that nobody watches."""
        line: dict[str, Any] = dict(super().serialize_metric_set(*arguments, **named))
        if from_environment().own_metrics == "all":
            return line
        (declared,) = line["_aws"]["CloudWatchMetrics"]
        declared["Metrics"] = [metric for metric in declared["Metrics"] if metric["Name"] in ALARMED]
        return line if declared["Metrics"] else {name: value for name, value in line.items() if name != "_aws"}


_SAID_BY_THE_LOG_GROUP = frozenset({"cold_start", "function_arn", "function_memory_size", "function_name", "location"})


class _Lines(LambdaPowertoolsFormatter):
    """Leave out of a line what its log group and Lambda's own lines say: the lines of an event cost half as much."""

    def serialize(self, log: Any) -> str:
        """Return the line as JSON."""
        return super().serialize({name: value for name, value in log.items() if name not in _SAID_BY_THE_LOG_GROUP})


# Service and level come from the POWERTOOLS_… variables of template.yaml.
logger = Logger(logger_formatter=_Lines())
# The function's name contains the stack's: two stacks of an account count apart, and alarms find their own metrics.
metrics = Metrics(provider=_Counts(namespace="whenthen", service=from_environment().function_name))


def count(name: str, value: int = 1) -> None:
    """Add to a counter; written when the handler ends."""
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


class _Work:
    """Remember since when the function works on what it works on now, and how often its message was received."""

    began = time.monotonic()
    receives: int | None = None


def work_begins(receives: int | None = None) -> None:
    """Say that the function begins with another message or call. `receives`: how often the queue delivered it."""
    _Work.began, _Work.receives = time.monotonic(), receives


def noted(thing: str, outcome: str, **fields: Any) -> None:
    """Log a line of what became of an event, a run or a job, with the milliseconds since the work on it began.

    Where X-Ray traces the invocation, the line's ids are annotations there.
    """
    shown = {"outcome": outcome, "receives": _Work.receives, **fields}
    seconds = time.monotonic() - _Work.began
    logger.info(thing, ms=round(1_000 * seconds), **{name: value for name, value in shown.items() if value is not None})
    annotate(thing, seconds, shown)


def loggable(error: WhenthenError) -> dict[str, Any]:
    """Return what logs and dead letters may say of an error: codes and field names.

    Parameters of reasons may hold personal data, so they are left out. Shape: `{"error": "Invalid",
    "code": "input.invalid", "causes": ["field.required"], "fields": ["steps[0]"]}`; `causes` are the codes of nested
    reasons, and the last two are left out if empty.
    """
    code, *causes = codes_of(error.reason) or [""]
    fields = {problem.field.partition(".")[0] for problem in error.problems} if isinstance(error, Invalid) else ()
    named = {"causes": list(dict.fromkeys(causes)), "fields": sorted(fields)}
    return {"error": type(error).__name__, "code": code, **{name: value for name, value in named.items() if value}}


def codes_of(reason: Any) -> list[str]:
    """List the codes of a reason and of the reasons nested in it, the outermost first."""
    if isinstance(reason, Reason):
        return [reason.code, *(code for value in reason.params.values() for code in codes_of(value))]
    return [code for value in reason for code in codes_of(value)] if isinstance(reason, list | tuple) else []


def settling_failed(error: Exception) -> None:
    """Log why changes could not be settled where they are published."""
    logger.warning("changes go to the queue unsettled", error=type(error).__name__, exc_info=error)
