"""Objects on S3: raw mail, as SES puts it there, and attachments."""

from __future__ import annotations

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import GONE, AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import NotFound, TooLarge

MAX_OBJECT = 42_000_000
"""SES takes mail of up to 40 MB."""


class S3Objects:
    """The objects of one bucket; the bucket encrypts them."""

    def __init__(self, client: AwsClient, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str) -> bytes:
        """The whole object. Raises NotFound, TooLarge, Temporary."""
        try:
            with aws_errors("reading an object"):
                found = self._client.get_object(Bucket=self._bucket, Key=key)
                if found["ContentLength"] > MAX_OBJECT:
                    raise TooLarge(f"an object of {found['ContentLength']} bytes; at most {MAX_OBJECT} are read")
                return bytes(found["Body"].read())
        except ClientError as error:
            if code_of(error) not in GONE:
                raise
            raise NotFound(f"there is no object {key} (or this role may not read it)") from error

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep an object, in place of the one that is there. Raises Temporary."""
        with aws_errors("keeping an object"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)
