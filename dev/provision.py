"""Do for the local stack the work that the operator of a fresh account does by hand after deploying.

The values are made up here, once per started stack. What the template must offer for it: the secrets
`AdminKeySecret` {"key"}, `MetaSecret` {"app_secret", "verify_token", "access_token", "phone_number_id"} and
`OutgoingSecret` {"secret"}. The first and the last are generated in an account, but the emulator generates
them with characters that the template excludes, so they are written too.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from botocore.exceptions import ClientError

from dev.client import Api
from dev.emulator import Emulator, RootKey
from dev.resources import Resources

PHONE_NUMBER_ID = "106540352242922"
SAMPLE_SOURCE = "payments"
SAMPLE_SCHEME = "standard_webhooks"

SECONDS_AT_LEAST = 80
"""Seconds that each function may take, at least. Lambda has processors enough for all; this machine's are shared, and a
start takes long where many start at once. It is less than a lease, and than half the time for which a queue hides a
message.
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Secrets that the outside and the local stack share."""

    app_secret: str
    verify_token: str
    access_token: str
    source_secret: str
    outgoing_secret: str
    admin_key: str
    root: RootKey

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Credentials:
        """Read what `dataclasses.asdict` made. Raises TypeError and KeyError."""
        return cls(**{**document, "root": RootKey(**document["root"])})

    @classmethod
    def invent(cls) -> Credentials:
        """New random ones."""
        return cls(
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_urlsafe(16),
            access_token="EAA" + secrets.token_hex(24),
            source_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
            outgoing_secret=secrets.token_hex(16),  # also the base64 of 24 bytes, as the template's are
            admin_key=secrets.token_hex(22),
            root=RootKey.invent(),
        )


class HasClients(Protocol):
    """Anything that gives boto3 clients by service: the emulator."""

    def client(self, service: str) -> Any:
        """A boto3 client."""


def provision(emulator: HasClients, resources: Resources, credentials: Credentials, mail_from: str) -> None:
    """Verify the sender, and fill in the secrets of a stack that is new."""
    emulator.client("ses").verify_email_identity(EmailAddress=mail_from)
    secrets_manager = emulator.client("secretsmanager")
    for logical_name, document in _secrets(credentials).items():
        if secret_id := resources.get(logical_name):
            secrets_manager.put_secret_value(SecretId=secret_id, SecretString=json.dumps(document))


def renewed(emulator: HasClients, resources: Resources, credentials: Credentials) -> Credentials:
    """Return the credentials of a stack that was provisioned before: somebody may have replaced a secret since.

    A secret that cannot be read is filled in again, as it was.
    """
    secrets_manager = emulator.client("secretsmanager")
    values: dict[str, Any] = {}
    for logical_name, names in _HELD_AS.items():
        secret_id = resources.get(logical_name)
        if not secret_id:
            continue
        given = _secrets(credentials)[logical_name]
        held = _held(secrets_manager, secret_id)
        if not all(isinstance(held.get(name), str) and held[name] for name in names):
            held = {**given, **held}
            held |= {name: given[name] for name in names if not (isinstance(held[name], str) and held[name])}
            secrets_manager.put_secret_value(SecretId=secret_id, SecretString=json.dumps(held))
        values |= {field: held[name] for name, field in names.items()}
    return replace(credentials, **values)


_HELD_AS = {
    "AdminKeySecret": {"key": "admin_key"},
    "OutgoingSecret": {"secret": "outgoing_secret"},
    "MetaSecret": {"app_secret": "app_secret", "verify_token": "verify_token"},
}
"""Secret → the members of it that the outside needs to know → the credential that each is. Tokens that the stand-ins
were started with are not among them."""


def _held(secrets_manager: Any, secret_id: str) -> dict[str, Any]:
    """Return the JSON object of a secret; an empty one where it holds none."""
    try:
        document = json.loads(secrets_manager.get_secret_value(SecretId=secret_id)["SecretString"])
    except (ClientError, KeyError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def give_time(emulator: Emulator, resources: Resources) -> None:
    """Let no function be ended sooner than SECONDS_AT_LEAST after its call; again changes nothing."""
    functions = emulator.client("lambda")
    for name in resources.by_type["AWS::Lambda::Function"].values():
        if functions.get_function_configuration(FunctionName=name)["Timeout"] < SECONDS_AT_LEAST:
            functions.update_function_configuration(FunctionName=name, Timeout=SECONDS_AT_LEAST)


def configure_sample_source(api: Api, credentials: Credentials) -> None:
    """Let the sample source post to its hook, as an admin does. Raises Refused if the API does not allow it."""
    api.put(f"/v1/sources/{SAMPLE_SOURCE}", {"scheme": SAMPLE_SCHEME, "secret": credentials.source_secret})


def _secrets(credentials: Credentials) -> dict[str, dict[str, str]]:
    return {
        "AdminKeySecret": {"key": credentials.admin_key},
        "OutgoingSecret": {"secret": credentials.outgoing_secret},
        "MetaSecret": {
            "app_secret": credentials.app_secret,
            "verify_token": credentials.verify_token,
            "access_token": credentials.access_token,
            "phone_number_id": PHONE_NUMBER_ID,
        },
    }
