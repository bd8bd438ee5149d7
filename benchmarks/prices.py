"""List prices of AWS, by which benchmarks/requests.py prices what it counts: a table of data, with date and region.

Free tiers, storage, data transfer, alarms and the logs that Lambda itself writes are left out: they do not follow
from a story.
"""

from __future__ import annotations

from collections.abc import Mapping

REGION = "us-east-1"
DATE = "2026-11-30"

USD_PER_MILLION: Mapping[str, float] = {
    "api_requests": 1.00,  # API Gateway, HTTP API, the first 300 million a month
    "bus_events": 1.00,  # EventBridge, custom events, 64 KB each
    "queue_requests": 0.40,  # SQS, standard queues, 64 KB each
    "invocations": 0.20,  # Lambda, requests
    "write_units": 0.625,  # DynamoDB, on demand, Standard table class
    "index_units": 0.625,
    "read_units": 0.125,
    "transitions": 25.00,  # Step Functions, Standard workflows
    "mails": 100.00,  # SES, outgoing
}
"""Price of a million of each thing that is counted."""

USD_PER_GB_SECOND = 0.0000133334
"""Lambda on arm64."""

INVOCATION_MS = 8.0
CALL_MS = 11.0
"""Milliseconds that are assumed of a warm function: once for an invocation, and for each round trip that it awaits.

They are no list prices. With them, the stories as they stood before give the sums that were known of them.
"""

DEFAULT_MEMORY_MB = 512
"""Memory of a function for which the template names none of its own: its `Globals`."""
