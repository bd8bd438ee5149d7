"""Limits that are read with a run, and the logs of marketing messages, on DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.interventions import Intervening
from tests.adapters.samples import NOW, FixedClock, event, job, run
from tests.adapters.tables import CONFIG, RECORDS, RUNS
from whenthen.adapters.dynamodb.config_table.settings import DynamoSettings
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.adapters.dynamodb.sending.send_logs import DynamoSendLogs
from whenthen.adapters.dynamodb.sending.sending_states import DynamoSendingStates
from whenthen.domain.common.errors import Stale
from whenthen.domain.sending.send_log import SendLog, Sent, Waiting

LIMITS = {"marketing": [{"channel": "whatsapp", "most": 2, "per": {"days": 7}}]}
DAY = timedelta(days=1)
LOG = SendLog(
    sent=(Sent("job_1", NOW, "whatsapp"), Sent("job_2", NOW + timedelta(milliseconds=5), "email")),
    waiting=(Waiting("job_3", NOW + DAY, "whatsapp", -7, NOW),),
    keeps=7 * DAY,
)
PHONE, MAIL = "phone#+905321234567", "email#ayse@example.com"


@pytest.fixture
def client(dynamodb: Any) -> Intervening:
    """A client that a test can act around."""
    return Intervening(dynamodb)


@pytest.fixture
def ledger(client: Intervening) -> DynamoRuns:
    """The ledger."""
    return DynamoRuns(client, RUNS, RECORDS, FixedClock(), timedelta(days=90))


@pytest.fixture
def logs(client: Intervening) -> DynamoSendLogs:
    """The logs of messages."""
    return DynamoSendLogs(client, RUNS)


@pytest.mark.parametrize("data", [{}, {"text": "0123456789" * 3_000}])
@pytest.mark.parametrize("limits", [{}, LIMITS])
def test_a_run_is_read_with_the_limits_of_this_moment(
    client: Intervening, ledger: DynamoRuns, data: dict[str, Any], limits: dict[str, Any]
) -> None:
    states, settings = DynamoSendingStates(client, CONFIG, RUNS), DynamoSettings(client, CONFIG)
    about = event(data=data)
    started = run(about)
    ledger.start(started, about, [job(started)], enrolment_key=None)
    if limits:
        settings.save("limits", limits)
    assert states.load(started.id) == (ledger.load(started.id), limits)
    settings.save("limits", {"quiet_hours": None})
    assert states.load(started.id)[1] == {"quiet_hours": None}


def test_a_run_that_is_not_there_is_none(client: Intervening) -> None:
    assert DynamoSendingStates(client, CONFIG, RUNS).load("run_none") == (None, {})


def test_a_log_is_kept_as_it_was_written(logs: DynamoSendLogs) -> None:
    assert logs.read([PHONE, MAIL]) == [SendLog(), SendLog()]
    logs.write(PHONE, LOG)
    first, second = logs.read([PHONE, MAIL])
    assert (first.sent, first.waiting, first.keeps, first.version) == (LOG.sent, LOG.waiting, LOG.keeps, 1)
    assert second == SendLog()
    assert logs.read([MAIL, PHONE]) == [second, first]


def test_of_two_who_write_one_log_one_is_told(logs: DynamoSendLogs) -> None:
    logs.write(PHONE, LOG)
    with pytest.raises(Stale):
        logs.write(PHONE, SendLog())
    (current,) = logs.read([PHONE])
    logs.write(PHONE, current)
    with pytest.raises(Stale):
        logs.write(PHONE, SendLog(LOG.sent, (), LOG.keeps, 1))
    assert logs.read([PHONE])[0].version == 2


def test_a_log_names_nobody_and_expires(logs: DynamoSendLogs, dynamodb: Any) -> None:
    logs.write(PHONE, LOG)
    [item] = [each for each in dynamodb.scan(TableName=RUNS)["Items"] if each["sk"]["S"] == "sends"]
    assert "90532" not in str(item)
    assert item["pk"]["S"].startswith("sends#")
    assert int(item["expires_at"]["N"]) >= int((NOW + 7 * DAY).timestamp())
