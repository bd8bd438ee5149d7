"""Keep the files of imports on S3: uploaded by a presigned URL, read in blocks while they stay the same."""

from __future__ import annotations

from botocore.config import Config
from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import GONE, STORE, AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import NotFound
from whenthen.ports.reason_codes import FILE_CHANGED, FILE_GONE

SIGNING = STORE.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
"""Without it a URL outside us-east-1 names the global endpoint, which redirects: a PUT with a body does not follow."""

_ANOTHER = frozenset({"412", "PreconditionFailed"})


class S3ImportFiles:
    """Read and sign files of imports in the bucket, which encrypts them and expires them after a while."""

    def __init__(self, client: AwsClient, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def upload_url(self, key: str, seconds: int) -> str:
        """Sign a URL to which its holder may PUT the file, for so long (and no longer than this role's session)."""
        return str(
            self._client.generate_presigned_url(
                "put_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=seconds
            )
        )

    def head(self, key: str) -> tuple[int, str] | None:
        """Return the size of the file, and its ETag; None if there is no file."""
        try:
            with aws_errors("s3:HeadObject"):
                found = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if code_of(error) not in GONE:
                raise
            return None
        return found["ContentLength"], found["ETag"]

    def read(self, key: str, tag: str, start: int, length: int) -> bytes:
        """Read some bytes of the file, fewer at its end. Raises NotFound if it is gone, or is not that of `tag`."""
        part = f"bytes={start}-{start + length - 1}"
        try:
            with aws_errors("s3:GetObject"):
                found = self._client.get_object(Bucket=self._bucket, Key=key, Range=part, IfMatch=tag)
                return bytes(found["Body"].read())
        except ClientError as error:
            if code_of(error) in _ANOTHER:
                raise NotFound(FILE_CHANGED()) from error
            if code_of(error) in GONE:
                raise NotFound(FILE_GONE()) from error
            raise
