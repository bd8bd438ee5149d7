"""Write the secrets of sources and connections to AWS Secrets Manager; only `manage` may, by its role."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import Temporary
from whenthen.ports.reason_codes import CONTENDED


class SecretsManagerVault:
    """Read and write secrets named `<prefix>/<name>`."""

    def __init__(self, client: AwsClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def put(self, name: str, document: Mapping[str, str]) -> None:
        """Write the secret, in place of an existing one. Raises Temporary."""
        own_name, text = f"{self._prefix}/{name}", json.dumps(dict(document))
        if self._replaced(own_name, text) or self._made(own_name, text):
            return
        # Another call made it in between, or this one did and its answer was lost.
        if not self._replaced(own_name, text):
            raise Temporary(CONTENDED(subject=name))

    def new_name(self, name: str) -> str:
        """Return a name below `name` that no secret ever had."""
        return f"{name}/{uuid.uuid4().hex}"

    def _replaced(self, own_name: str, text: str) -> bool:
        """Replace the secret; return False if there is none yet."""
        try:
            with aws_errors("secretsmanager:PutSecretValue"):
                self._client.put_secret_value(SecretId=own_name, SecretString=text)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return False
        return True

    def _made(self, own_name: str, text: str) -> bool:
        """Create the secret; return False if there is one already."""
        try:
            with aws_errors("secretsmanager:CreateSecret"):
                self._client.create_secret(Name=own_name, SecretString=text)
        except ClientError as error:
            if code_of(error) != "ResourceExistsException":
                raise
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete the secret at once; its name may be used again. Raises Temporary."""
        try:
            with aws_errors("secretsmanager:DeleteSecret"):
                self._client.delete_secret(SecretId=f"{self._prefix}/{name}", ForceDeleteWithoutRecovery=True)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise

    def read(self, name: str) -> Mapping[str, str] | None:
        """Read the current secret, without a cache; None if there is none, or none that can be read."""
        try:
            with aws_errors("secretsmanager:GetSecretValue"):
                found = self._client.get_secret_value(SecretId=f"{self._prefix}/{name}")
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return None
        try:
            document = json.loads(found.get("SecretString", ""))
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, Mapping) else None
