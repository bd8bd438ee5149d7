"""Send jobs to the queues of their channels."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from whenthen.domain.rules.actions import actions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.runs.run import Job
    from whenthen.ports.runs import JobQueues


def send_again(queues: JobQueues, job: Job, delay: float) -> None:
    """Send a job to its channel's queue once more, `delay` seconds from now, as a new message."""
    queues.send(channel_of(job), [job], delay=delay)


def send_jobs(queues: JobQueues, jobs: Sequence[Job]) -> None:
    """Send every job without an outcome to its channel's queue. A repetition is harmless: the ledger has each job."""
    open_jobs = sorted((job for job in jobs if not job.status.final), key=channel_of)
    for channel, group in groupby(open_jobs, key=channel_of):
        queues.send(channel, list(group))


def channel_of(job: Job) -> str:
    """Return the name of the channel that performs the job."""
    return actions()[job.action].channel
