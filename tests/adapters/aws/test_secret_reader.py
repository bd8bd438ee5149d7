"""Secrets: read, cached for a while, and set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.adapters.interventions import Intervening, lose_answer
from whenthen.adapters.aws.secret_reader import ABSENT_FOR, FRESH_FOR, KEPT_FOR, OUT_OF_REACH_FOR, SecretsManager
from whenthen.adapters.aws.secret_writer import SecretsManagerVault
from whenthen.domain.common.errors import Misconfigured, NotFound, Temporary


@pytest.fixture
def manager(clients: Callable[[str], Any]) -> Iterator[Intervening]:
    """Secrets Manager with nothing in it."""
    client = clients("secretsmanager")
    yield Intervening(client)
    for secret in client.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
        client.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


class Seconds:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    """The clock of the cache."""
    return Seconds()


@pytest.fixture
def secrets(manager: Intervening, seconds: Seconds) -> SecretsManager:
    """The secrets of a stack."""
    return SecretsManager(manager, "dev", seconds)


def _put(manager: Intervening, name: str, **document: str) -> None:
    SecretsManagerVault(manager, "dev").put(name, document)


def test_a_secret_is_read_once_in_a_while(manager: Intervening, secrets: SecretsManager, seconds: Seconds) -> None:
    _put(manager, "sources/shop", secret="old")
    assert secrets.get("sources/shop") == {"secret": "old"}
    _put(manager, "sources/shop", secret="new")
    seconds.now = KEPT_FOR - 1
    assert secrets.get("sources/shop") == {"secret": "old"}
    seconds.now = KEPT_FOR
    assert secrets.get("sources/shop") == {"secret": "new"}
    assert manager.calls.count("get_secret_value") == 2


def test_a_secret_that_was_replaced_is_known_at_once_to_whoever_asks_anew(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds
) -> None:
    _put(manager, "sources/shop", secret="old")
    secrets.get("sources/shop")
    _put(manager, "sources/shop", secret="new", previous_secret="old")
    seconds.now = FRESH_FOR
    assert secrets.refreshed("sources/shop")["secret"] == "new"
    seconds.now = FRESH_FOR + KEPT_FOR - 1
    assert secrets.get("sources/shop")["secret"] == "new", "it is known to the others from then on, and for as long"
    assert manager.calls.count("get_secret_value") == 2


@pytest.mark.parametrize("there", [True, False])
def test_a_flood_of_forged_proofs_reads_a_secret_every_few_seconds(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds, there: bool
) -> None:
    if there:
        _put(manager, "sources/shop", secret="old")
    for tenth in range(1_000):
        seconds.now = tenth / 10
        with nullcontext() if there else pytest.raises(NotFound):
            secrets.refreshed("sources/shop")
    assert manager.calls.count("get_secret_value") == 100 / FRESH_FOR


def test_while_the_service_is_out_of_reach_a_forged_proof_is_a_refusal_as_before(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds
) -> None:
    _put(manager, "meta", app_secret="x")
    secrets.get("meta")
    seconds.now = FRESH_FOR
    manager.before["get_secret_value"] = [lose_answer]
    assert secrets.refreshed("meta") == {"app_secret": "x"}


def test_a_secret_that_is_missing_is_looked_for_again_soon(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds
) -> None:
    for _ in range(2):
        with pytest.raises(NotFound):
            secrets.get("meta")
    assert manager.calls.count("get_secret_value") == 1
    _put(manager, "meta", app_secret="x")
    seconds.now = ABSENT_FOR
    assert secrets.get("meta") == {"app_secret": "x"}


@pytest.mark.parametrize("text", [" ", "\n"])
def test_a_secret_that_was_never_filled_in_is_not_there(
    manager: Intervening, secrets: SecretsManager, text: str
) -> None:
    manager.create_secret(Name="dev/meta", SecretString=text)
    with pytest.raises(NotFound):
        secrets.get("meta")


@pytest.mark.parametrize(
    "text", ["word", "[1]", '"x"', "null", '{"app_secret": "x"', "{'app_secret': 'x'}", "[" * 100_000]
)
def test_a_secret_that_is_no_object_is_for_an_operator_to_put_right(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds, text: str
) -> None:
    manager.create_secret(Name="dev/meta", SecretString=text)
    for _ in range(3):
        with pytest.raises(Misconfigured, match=r"secret\.unreadable"):
            secrets.get("meta")
    assert manager.calls.count("get_secret_value") == 1, "a flood of requests reads it no more often"
    _put(manager, "meta", app_secret="x")
    seconds.now = ABSENT_FOR
    assert secrets.get("meta") == {"app_secret": "x"}


def test_a_secret_of_bytes_is_for_an_operator_to_put_right(manager: Intervening, secrets: SecretsManager) -> None:
    manager.create_secret(Name="dev/meta", SecretBinary=b"{}")
    with pytest.raises(Misconfigured):
        secrets.get("meta")


def test_a_secret_that_is_spoilt_holds_no_longer_than_any_other(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds
) -> None:
    _put(manager, "meta", app_secret="x")
    secrets.get("meta")
    manager.put_secret_value(SecretId="dev/meta", SecretString="x")
    seconds.now = KEPT_FOR
    with pytest.raises(Misconfigured):
        secrets.get("meta")
    manager.put_secret_value(SecretId="dev/meta", SecretString='{"app_secret": "y"}')
    seconds.now += ABSENT_FOR
    manager.before["get_secret_value"] = [lose_answer]
    with pytest.raises(Temporary):
        secrets.get("meta")
    assert secrets.get("meta") == {"app_secret": "y"}


def test_a_spoilt_secret_can_be_replaced(manager: Intervening) -> None:
    manager.create_secret(Name="dev/sources/shop", SecretString="whsec_x")
    vault = SecretsManagerVault(manager, "dev")
    assert vault.read("sources/shop") is None
    vault.put("sources/shop", {"secret": "whsec_y"})
    assert vault.read("sources/shop") == {"secret": "whsec_y"}


def test_a_deleted_secret_is_not_there(manager: Intervening, secrets: SecretsManager) -> None:
    _put(manager, "meta", app_secret="x")
    manager.delete_secret(SecretId="dev/meta")
    with pytest.raises(NotFound):
        secrets.get("meta")


def test_while_the_service_is_out_of_reach_what_was_read_holds(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds
) -> None:
    _put(manager, "meta", app_secret="x")
    secrets.get("meta")
    seconds.now = KEPT_FOR
    manager.before["get_secret_value"] = [lose_answer]
    assert secrets.get("meta") == {"app_secret": "x"}


@pytest.mark.parametrize("read", ["get", "refreshed"])
def test_a_secret_that_was_replaced_works_no_longer_than_an_hour_while_the_service_is_out_of_reach(
    manager: Intervening, secrets: SecretsManager, seconds: Seconds, read: str
) -> None:
    _put(manager, "admin-key", key="old")
    ask = getattr(secrets, read)
    assert ask("admin-key") == {"key": "old"}
    _put(manager, "admin-key", key="new")
    while seconds.now < OUT_OF_REACH_FOR - KEPT_FOR:
        seconds.now += KEPT_FOR
        manager.before["get_secret_value"] = [lose_answer]
        assert ask("admin-key") == {"key": "old"}
    seconds.now = OUT_OF_REACH_FOR
    for _ in range(3):
        manager.before["get_secret_value"] = [lose_answer]
        with pytest.raises(Temporary):
            ask("admin-key")
        seconds.now += 1
    assert ask("admin-key") == {"key": "new"}


def test_each_answer_begins_the_hour_anew(manager: Intervening, secrets: SecretsManager, seconds: Seconds) -> None:
    _put(manager, "admin-key", key="x")
    for _ in range(3):
        assert secrets.get("admin-key") == {"key": "x"}
        seconds.now += OUT_OF_REACH_FOR - KEPT_FOR
        manager.before["get_secret_value"] = [lose_answer]
        assert secrets.get("admin-key") == {"key": "x"}
        seconds.now += KEPT_FOR


def test_out_of_reach_from_the_start_is_temporary_and_not_remembered(
    manager: Intervening, secrets: SecretsManager
) -> None:
    _put(manager, "meta", app_secret="x")
    manager.before["get_secret_value"] = [lose_answer]
    with pytest.raises(Temporary):
        secrets.get("meta")
    assert secrets.get("meta") == {"app_secret": "x"}


def test_a_missing_permission_is_a_defect_and_names_no_secret_value() -> None:
    class Denying:
        def get_secret_value(self, **_request: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")

    with pytest.raises(ClientError):
        SecretsManager(Denying(), "dev").get("meta")


def test_the_vault_makes_and_replaces(manager: Intervening) -> None:
    vault = SecretsManagerVault(manager, "dev")
    assert vault.read("sources/shop") is None
    vault.put("sources/shop", {"secret": "a"})
    vault.put("sources/shop", {"secret": "b", "previous_secret": "a"})
    assert vault.read("sources/shop") == {"secret": "b", "previous_secret": "a"}
    assert json.loads(manager.get_secret_value(SecretId="dev/sources/shop")["SecretString"])["secret"] == "b"


def test_of_two_that_make_a_secret_at_once_the_last_one_is_kept(manager: Intervening) -> None:
    """So it is when one makes it, its answer is lost, and the client asks again by itself."""
    vault = SecretsManagerVault(manager, "dev")
    other = {"Name": "dev/sources/shop", "SecretString": json.dumps({"secret": "other"})}
    manager.before["create_secret"] = [lambda: manager.create_secret(**other)]
    vault.put("sources/shop", {"secret": "own"})
    assert vault.read("sources/shop") == {"secret": "own"}


def test_a_secret_that_comes_and_goes_is_not_said_to_be_kept(manager: Intervening) -> None:
    def come_and_go() -> None:
        manager.create_secret(Name="dev/sources/shop", SecretString="{}")
        manager.before["put_secret_value"] = [
            lambda: manager.delete_secret(SecretId="dev/sources/shop", ForceDeleteWithoutRecovery=True)
        ]

    manager.before["create_secret"] = [come_and_go]
    with pytest.raises(Temporary):
        SecretsManagerVault(manager, "dev").put("sources/shop", {"secret": "own"})
