"""SecretVault on AWS Secrets Manager: for `manage` alone, and for the secrets of sources alone (its role says so)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import Temporary


class SecretsManagerVault:
    """Secrets named `<prefix>/<name>`."""

    def __init__(self, client: AwsClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def put(self, name: str, document: Mapping[str, str]) -> None:
        """Keep the secret, in place of the one that is there. Raises Temporary."""
        own_name, text = f"{self._prefix}/{name}", json.dumps(dict(document))
        if self._replaced(own_name, text) or self._made(own_name, text):
            return
        # Another call made it in between, or this one did and its answer was lost.
        if not self._replaced(own_name, text):
            raise Temporary("the secret comes and goes")

    def _replaced(self, own_name: str, text: str) -> bool:
        """False: there is none yet."""
        try:
            with aws_errors("keeping a secret"):
                self._client.put_secret_value(SecretId=own_name, SecretString=text)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return False
        return True

    def _made(self, own_name: str, text: str) -> bool:
        """False: there is one already."""
        try:
            with aws_errors("making a secret"):
                self._client.create_secret(Name=own_name, SecretString=text)
        except ClientError as error:
            if code_of(error) != "ResourceExistsException":
                raise
            return False
        return True

    def read(self, name: str) -> Mapping[str, str] | None:
        """The secret as it is now, without a cache; None where there is none."""
        try:
            with aws_errors("reading a secret"):
                found = self._client.get_secret_value(SecretId=f"{self._prefix}/{name}")
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return None
        document: Mapping[str, str] = json.loads(found["SecretString"])
        return document
