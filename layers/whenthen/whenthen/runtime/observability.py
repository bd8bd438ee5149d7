"""Logs as JSON lines and metrics in CloudWatch's embedded format. No bodies and no personal data go in either."""

from __future__ import annotations

import warnings

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from whenthen.runtime.environment import from_environment

# An invocation that has nothing to count is no reason for a warning in its log.
warnings.filterwarnings("ignore", "No application metrics to publish")

# Service and level come from the POWERTOOLS_… variables of template.yaml.
logger = Logger()
# The function's own name has the stack's in it: two stacks of an account do not count together, and alarms find theirs.
metrics = Metrics(namespace="whenthen", service=from_environment().function_name)


def count(name: str, value: int = 1) -> None:
    """Add to a counter; sent when the handler ends."""
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
