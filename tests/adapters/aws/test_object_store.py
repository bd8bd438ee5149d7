"""Objects on S3, and which run sent a mail on DynamoDB."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW, client_error
from tests.adapters.tables import RUNS
from whenthen.adapters.aws import object_store as objects_module
from whenthen.adapters.aws.object_store import S3Objects
from whenthen.adapters.dynamodb.intake.mail_threads import DynamoThreads
from whenthen.domain.common.errors import NotFound, Temporary, TooLarge


@pytest.fixture
def objects(clients: Callable[[str], Any]) -> S3Objects:
    """The objects of an empty bucket."""
    s3, name = clients("s3"), f"mail-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return S3Objects(s3, name)


def test_an_object_comes_back_byte_by_byte(objects: S3Objects) -> None:
    objects.put("attachments/a b/1", b"\x00\xff", "application/octet-stream")
    assert objects.get("attachments/a b/1") == b"\x00\xff"


def test_an_object_that_is_not_there(objects: S3Objects) -> None:
    with pytest.raises(NotFound, match="inbound/1"):
        objects.get("inbound/1")


def test_an_object_that_is_gone_as_a_role_hears_of_it_that_may_not_list_the_bucket() -> None:
    class Closed:
        def get_object(self, **_: Any) -> Any:
            raise client_error("AccessDenied", 403)

    with pytest.raises(NotFound, match="inbound/1"):
        S3Objects(Closed(), "mail").get("inbound/1")


def test_an_object_that_is_too_large_is_not_read(objects: S3Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects_module, "MAX_OBJECT", 1)
    objects.put("inbound/1", b"12", "text/plain")
    with pytest.raises(TooLarge):
        objects.get("inbound/1")


class Failing:
    """A client whose calls fail."""

    def get_object(self, **_: Any) -> Any:
        raise client_error("SlowDown", 503)

    put_object = get_object


def test_a_service_that_is_throttled_is_asked_again_later() -> None:
    objects = S3Objects(Failing(), "mail")
    with pytest.raises(Temporary, match="SlowDown"):
        objects.get("a")
    with pytest.raises(Temporary, match="SlowDown"):
        objects.put("a", b"", "text/plain")


def test_the_run_that_sent_a_mail_is_found_by_the_first_id_that_is_known(dynamodb: Any) -> None:
    threads = DynamoThreads(dynamodb, RUNS, timedelta(days=90))
    threads.remember("m1", "run_1", NOW)
    threads.remember("m2", "run_2", NOW)
    assert threads.run_of(["none", "m2", "m1"]) == "run_2"
    assert threads.run_of([]) is None
    key = {"pk": {"S": "mail#m1"}, "sk": {"S": "sent"}}
    expires_at = int(dynamodb.get_item(TableName=RUNS, Key=key)["Item"]["expires_at"]["N"])
    assert expires_at == int((NOW + timedelta(days=90)).timestamp())
