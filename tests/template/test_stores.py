"""Tables and secrets: kept, recoverable, encrypted, and closed until an operator opens them."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from tests.template.reading import TABLE, properties, resources, template, text
from whenthen.domain.scheduling import sweep_window

TABLES = sorted(resources(TABLE))


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_encrypted_recoverable_and_paid_by_use(table: str) -> None:
    found = properties(table)
    assert found["SSESpecification"] == {"SSEEnabled": True}
    assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert found["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("table", TABLES)
def test_production_keeps_its_tables(table: str) -> None:
    entry = template()["Resources"][table]
    assert entry["DeletionPolicy"] == entry["UpdateReplacePolicy"] == {"Fn::If": ["KeepsData", "Retain", "Delete"]}
    assert entry["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["KeepsData", True, False]}
    assert template()["Conditions"]["KeepsData"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}


@pytest.mark.parametrize(("table", "indexes"), [("ConfigTable", 0), ("RecordsTable", 1), ("RunsTable", 3)])
def test_keys_and_indexes_are_those_of_the_architecture(table: str, indexes: int) -> None:
    found = properties(table)
    wanted = {"": ("pk", "sk")} | {f"gsi{place}": (f"gsi{place}pk", f"gsi{place}sk") for place in range(1, indexes + 1)}
    keys = {index["IndexName"]: index["KeySchema"] for index in found.get("GlobalSecondaryIndexes", [])}
    schemas = {"": found["KeySchema"], **keys}
    assert {
        name: tuple(key["AttributeName"] for key in sorted(schema, key=lambda key: str(key["KeyType"])))
        for name, schema in schemas.items()
    } == wanted
    assert {entry["AttributeName"]: entry["AttributeType"] for entry in found["AttributeDefinitions"]} == dict.fromkeys(
        (name for pair in wanted.values() for name in pair), "S"
    )
    assert all(
        index["Projection"] == {"ProjectionType": "KEYS_ONLY"} for index in found.get("GlobalSecondaryIndexes", [])
    )


def test_the_tables_that_bear_the_load_can_be_warmed_with_all_their_indexes() -> None:
    """A table's own throughput says nothing of its indexes, and a full index holds up the table's writes."""
    warm = {"ReadUnitsPerSecond": {"Ref": "WarmReads"}, "WriteUnitsPerSecond": {"Ref": "WarmWrites"}}
    wanted = {"Fn::If": ["Warms", warm, {"Ref": "AWS::NoValue"}]}
    for table in ("RecordsTable", "RunsTable"):
        found = properties(table)
        assert [each["WarmThroughput"] for each in (found, *found["GlobalSecondaryIndexes"])] == [wanted] * (
            1 + len(found["GlobalSecondaryIndexes"])
        )
    # An on-demand table begins with these, and takes no less.
    parameters = template()["Parameters"]
    started = {name: parameters[name]["Default"] for name in ("WarmReads", "WarmWrites")}
    assert (
        started
        == {name: parameters[name]["MinValue"] for name in started}
        == {"WarmReads": 12_000, "WarmWrites": 4_000}
    )
    untouched = [{"Fn::Equals": [{"Ref": name}, value]} for name, value in started.items()]
    assert template()["Conditions"]["Warms"] == {"Fn::Not": [{"Fn::And": untouched}]}


def test_the_history_alone_expires() -> None:
    assert {table: properties(table).get("TimeToLiveSpecification") for table in TABLES} == {
        "ConfigTable": None,
        "RecordsTable": None,
        "RunsTable": {"AttributeName": "expires_at", "Enabled": True},
    }


def test_an_event_is_known_for_longer_than_it_may_be_repeated() -> None:
    queue = (
        properties("EventQueue")["MessageRetentionPeriod"] + properties("EventDeadLetters")["MessageRetentionPeriod"]
    )
    kept = timedelta(days=template()["Parameters"]["RetentionDays"]["MinValue"])
    assert kept > sweep_window.MAX_LATE + timedelta(seconds=queue)


def test_a_deployment_never_overwrites_what_an_operator_filled_in() -> None:
    """CloudFormation writes a value where the template has one that changed: here it has none."""
    assert properties("MetaSecret").keys() == {"Name", "Description"}


@pytest.mark.parametrize("secret", sorted(resources("AWS::SecretsManager::Secret")))
def test_production_keeps_its_secrets_and_a_failed_creation_leaves_none(secret: str) -> None:
    entry = template()["Resources"][secret]
    assert entry["DeletionPolicy"] == {"Fn::If": ["KeepsData", "RetainExceptOnCreate", "Delete"]}
    assert entry["UpdateReplacePolicy"] == {"Fn::If": ["KeepsData", "Retain", "Delete"]}


@pytest.mark.parametrize(
    ("secret", "key", "length"),
    [("AdminKeySecret", "key", 43), ("CauseSecret", "key", 43), ("OutgoingSecret", "secret", 32)],
)
def test_secrets_of_our_own_are_made_by_the_stack_once(secret: str, key: str, length: int) -> None:
    """Any change of these words makes CloudFormation generate the secret anew, in stacks that are in use."""
    found = properties(secret)
    assert "SecretString" not in found
    assert found["GenerateSecretString"] == {
        "SecretStringTemplate": "{}",
        "GenerateStringKey": key,
        "PasswordLength": length,
        "ExcludePunctuation": True,
    }


def test_the_outgoing_secret_is_the_base64_of_at_least_24_bytes() -> None:
    length = properties("OutgoingSecret")["GenerateSecretString"]["PasswordLength"]
    assert len(base64.b64decode("A" * length, validate=True)) >= 24


def test_every_secret_is_named_below_the_stack() -> None:
    for name in resources("AWS::SecretsManager::Secret"):
        assert text(properties(name)["Name"]).startswith("${AWS::StackName}/")


def test_nothing_in_the_template_is_a_secret_value() -> None:
    for name, parameter in template()["Parameters"].items():
        assert not any(word in name.lower() for word in ("secret", "token", "password", "apikey")), parameter
