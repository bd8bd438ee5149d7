"""A stack in an account, reached by what it says of itself: its outputs and its secrets."""

from __future__ import annotations

import base64
import json
import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from dev.client import Api
from dev.paths import ROOT
from dev.provision import SAMPLE_SOURCE
from dev.stack import Hook

SCHEME = "standard_webhooks"
PAYMENTS, RECEIVER = "smoke-payments", "smoke-receiver"
"""Sources of the smoke test. They stay, with secrets that nobody knows once it is over."""

Clients = Callable[[str], Any]


class NotDeployed(Exception):
    """Report that there is no such stack, or that it lacks what the smoke test needs."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack. `app_secret` is Meta's, empty while no operator filled it in."""

    url: str
    admin_key: str
    outgoing_secret: str
    app_secret: str
    payments_secret: str

    @property
    def api(self) -> Api:
        """The management API, with the admin key."""
        return Api(self.url, self.admin_key)

    @property
    def receiver(self) -> str:
        """The address of the source that takes the stack's own outgoing calls."""
        return f"{self.url}/hooks/{RECEIVER}"

    def hook(self, source: str) -> Hook:
        """The demo's source of payments, or `meta`. Raises KeyError for any other."""
        known = {
            "meta": Hook(f"{self.url}/hooks/meta", "meta", self.app_secret),
            SAMPLE_SOURCE: Hook(f"{self.url}/hooks/{PAYMENTS}", SCHEME, self.payments_secret),
        }
        return known[source]

    def configure_sources(self) -> None:
        """Let the two sources of the smoke test post. Raises Refused."""
        for name, secret in ((PAYMENTS, self.payments_secret), (RECEIVER, f"whsec_{self.outgoing_secret}")):
            self.api.put(f"/v1/sources/{name}", {"scheme": SCHEME, "secret": secret})

    def forget_sources(self) -> None:
        """Give the sources secrets that nobody knows, and let the ones before go. Raises Refused."""
        for name in (PAYMENTS, RECEIVER):
            document = {"scheme": SCHEME, "secret": _invented(), "previous_secret": None}
            self.api.put(f"/v1/sources/{name}", document)


def stack_name_of(stage: str, file: Path = ROOT / "samconfig.toml") -> str:
    """Read the name of a stage's stack from samconfig.toml. Raises KeyError."""
    return str(tomllib.loads(file.read_text())[stage]["global"]["parameters"]["stack_name"])


def find(client: Clients, stack_name: str) -> Deployed:
    """Read a stack's outputs and secrets; `client` makes the client of a service. Raises NotDeployed."""
    outputs = _outputs(client("cloudformation"), stack_name)
    vault = client("secretsmanager")
    return Deployed(
        url=outputs["ApiUrl"],
        admin_key=_secret(vault, f"{stack_name}/admin-key")["key"],
        outgoing_secret=_secret(vault, f"{stack_name}/outgoing/default")["secret"],
        app_secret=_secret(vault, f"{stack_name}/meta", default={}).get("app_secret", ""),
        payments_secret=_invented(),
    )


def _outputs(cloudformation: Any, stack_name: str) -> dict[str, str]:
    try:
        (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        raise NotDeployed(f"there is no stack {stack_name} in this account and region: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    if "ApiUrl" not in outputs:
        raise NotDeployed(f"the stack {stack_name} is {stack['StackStatus']}, and has no output ApiUrl")
    return outputs


def _secret(vault: Any, name: str, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """Read a secret; `default` if it has no value yet, and NotDeployed without one."""
    try:
        document: dict[str, Any] = json.loads(vault.get_secret_value(SecretId=name)["SecretString"])
    except vault.exceptions.ResourceNotFoundException as missing:
        if default is None:
            raise NotDeployed(f"the secret {name} has no value") from missing
        return default
    return document


def _invented() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
