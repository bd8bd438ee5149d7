"""Keep objects on S3: raw mail, as SES stores it there, and attachments."""

from __future__ import annotations

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import GONE, AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import NotFound, TooLarge
from whenthen.ports.reason_codes import OBJECT_NOT_FOUND, TOO_LARGE

MAX_OBJECT = 42_000_000
"""SES takes mail of up to 40 MB."""


class S3Objects:
    """Read and write objects of one bucket; the bucket encrypts them."""

    def __init__(self, client: AwsClient, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str) -> bytes:
        """Read the whole object. Raises NotFound (also if this role may not read it), TooLarge, Temporary."""
        try:
            with aws_errors("s3:GetObject"):
                found = self._client.get_object(Bucket=self._bucket, Key=key)
                if found["ContentLength"] > MAX_OBJECT:
                    raise TooLarge(TOO_LARGE(most=MAX_OBJECT, found=found["ContentLength"]))
                return bytes(found["Body"].read())
        except ClientError as error:
            if code_of(error) not in GONE:
                raise
            raise NotFound(OBJECT_NOT_FOUND(key=key)) from error

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Write an object, in place of an existing one. Raises Temporary."""
        with aws_errors("s3:PutObject"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)
