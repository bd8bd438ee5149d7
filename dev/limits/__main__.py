"""`python -m dev.limits STAGE`: print what of a stage does not fit into the account that the credentials name.

It stops nothing: what does not fit waits, or is refused and repeated, and may be meant. Only a stage or a parameter
that there is not ends with 1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import boto3
from botocore.config import Config

from dev.limits.account import Clients, read_account
from dev.limits.demand import UnknownParameter, demand_of, read_template, stage_parameters
from dev.limits.plan import findings

_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


def _client(service: str) -> object:
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]


def main(arguments: Sequence[str], client: Clients = _client) -> int:
    """`STAGE`; 1 for a stage that samconfig.toml does not have, or a parameter that template.yaml does not."""
    (stage,) = arguments
    try:
        demand = demand_of(read_template(), stage_parameters(stage))
    except KeyError:
        print(f"samconfig.toml has no stage {stage}")
        return 1
    except UnknownParameter as unknown:
        print(f"samconfig.toml, stage {stage}: {unknown}")
        return 1
    print(f"What stage {stage} asks for, and what the account allows:")
    for finding in findings(demand, read_account(client, demand.sender)):
        print(f"  {'✔' if finding.fits else '✘'} {finding.text}")
    print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
