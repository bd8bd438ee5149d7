"""Wire the use case of the channel for colleagues to its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from whenthen.adapters.aws.client import ONCE
from whenthen.adapters.providers.ses import SesMailer
from whenthen.channels.staff.action import EMAIL, NOTICE, SLACK, TEAMS
from whenthen.channels.staff.effect import Notify
from whenthen.channels.staff.messages import EmailWay, NoticeWay
from whenthen.channels.staff.rooms import RoomWay

if TYPE_CHECKING:
    from whenthen.channels.staff.effect import Way
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    mailer = SesMailer(ports.client("ses", ONCE), ports.settings.mail_configuration_set)
    ways: dict[str, Way] = {
        NOTICE: NoticeWay(ports.notices),
        EMAIL: EmailWay(mailer, ports.settings.mail_from),
        **{way: RoomWay(way, ports.http, ports.secrets, ports.clock) for way in (SLACK, TEAMS)},
    }
    notify = Notify(ways, ports.records, ports.message_log, ports.clock)
    return replace(ports.perform_job(notify), loops=ports.break_loops())
