"""Logs as JSON lines and metrics in CloudWatch's embedded format. No bodies and no personal data go in either."""

from __future__ import annotations

import warnings

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

# An invocation that has nothing to count is no reason for a warning in its log.
warnings.filterwarnings("ignore", "No application metrics to publish")

# Service and level come from the POWERTOOLS_… variables of template.yaml.
logger = Logger()
metrics = Metrics(namespace="whenthen")


def count(name: str, value: int = 1) -> None:
    """Add to a counter; sent when the handler ends."""
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
