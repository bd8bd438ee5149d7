"""What all AWS clients have in common: bounded time and attempts, and one table of the errors that pass."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NotConnected

from whenthen.domain.common.errors import Temporary

AwsClient = Any
"""A low-level boto3 client. botocore makes its methods at run time, so it has no static type."""

STORE = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})
"""For calls that may be repeated: they are conditional, or a repetition changes nothing."""

ONCE_SECONDS = {"connect_timeout": 2, "read_timeout": 15}
ONCE = Config(**ONCE_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})  # type: ignore[arg-type]
"""For calls whose repetition would be a second effect, such as sending mail."""

LOW_TIMEOUT = Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
"""For what may fail, while somebody waits for the answer to something else."""

TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSInternalException",
        "LimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes that a later attempt may not meet. Any status of 5xx and 429 count as well."""


GONE = frozenset({"403", "404", "AccessDenied", "NoSuchKey", "NotFound"})
"""Codes of S3 for an object that is not there: from who may not list a bucket it hides whether one is."""


_TRANSPORT = (NotConnected, HTTPClientError, IncompleteReadError)


def code_of(error: ClientError) -> str:
    """The service's own code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_transient(error: ClientError) -> bool:
    """Whether the service was throttled or broken, rather than asked for something wrong."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in TRANSIENT or status == 429 or status >= 500


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Raise Temporary for what passes. Anything else is a defect (a missing permission, a wrong name): it goes on."""
    try:
        yield
    except ClientError as error:
        if not is_transient(error):
            raise
        raise Temporary(f"{doing}: {code_of(error)}") from error
    except _TRANSPORT as error:
        raise Temporary(f"{doing}: {type(error).__name__}") from error


def pauses(times: int, first: float = 0.05, longest: float = 1.0) -> Iterator[None]:
    """Yield `times` times, sleeping in between: twice as long each time, with jitter."""
    for attempt in range(times):
        if attempt:
            bound = min(first * 2 ** (attempt - 1), longest)
            sleep(bound * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
        yield
