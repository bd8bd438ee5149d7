"""record_rejection: keep deliveries that were refused, or that no mapping took, for the source's admin.

A rejection is recorded while the sender waits for its answer, so the pace is bounded: a burst from each process, then
one every few seconds. A flood costs no more writes than that, and a rejection that cannot be recorded is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.common.errors import INVALID, Invalid, Refused, handling_of
from whenthen.domain.common.stored_reasons import bounded
from whenthen.ports.values import Rejection
from whenthen.sources.signing.schemes import UNPROVEN_SCHEMES
from whenthen.usecases.ingest.reason_codes import NOT_VALID, RECORD_REJECTED, UNMAPPED

if TYPE_CHECKING:
    from whenthen.domain.common.errors import Problem
    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.administration import Rejections
    from whenthen.ports.clock import Clock
    from whenthen.sources.webhook.mapping import Source
    from whenthen.sources.webhook.mapping_result import MappingResult

MAX_REASON = 2_000
"""Bytes of a reason as JSON."""


class Pace(Struct, frozen=True):
    """Allow `burst` at once, and one more after each pause."""

    burst: int
    pause: timedelta


PACES = {True: Pace(20, timedelta(seconds=3)), False: Pace(5, timedelta(minutes=1))}
"""Whether the delivery was authenticated → the pace at which its source's rejections are recorded."""


class Posted(Struct, frozen=True):
    """Hold a request to a source's address. `secrets` are the source's own, which must not be recorded."""

    source: Source
    headers: Mapping[str, str]
    body: bytes
    secrets: Sequence[str] = ()


class RecordRejection(Struct):
    """Record rejections at a bounded pace; `_credit` holds, for each source and kind, until when it is used up."""

    rejections: Rejections
    clock: Clock
    _credit: dict[tuple[str, bool], datetime] = field(default_factory=dict)

    def unauthenticated(self, posted: Posted, error: Refused) -> bool:
        """Record a delivery of an unknown sender: of what it wrote, only the headers that name its program."""
        return self._unproven(posted, error.reason, handling_of(error).status)

    def refused(self, posted: Posted, error: Refused) -> bool:
        """Record a delivery of a known sender that cannot be read."""
        quotes = isinstance(error, Invalid) and posted.source.scheme.kind in UNPROVEN_SCHEMES
        return self._proven(posted, NOT_VALID() if quotes else error.reason, handling_of(error).status)

    def unmapped(self, posted: Posted, mapped: MappingResult) -> bool:
        """Record a delivery that became `webhook.received`, or whose record cannot be written."""
        cause = UNMAPPED() if mapped.unmapped else RECORD_REJECTED()
        quotes = posted.source.scheme.kind in UNPROVEN_SCHEMES
        return self._proven(posted, cause if quotes else _joined(mapped.problems) or cause, 0)

    def _unproven(self, posted: Posted, reason: Reason, status: int) -> bool:
        if not self._may(posted.source.name, proven=False):
            return False
        from whenthen.sources.redaction.redaction import LONGEST_HEADER, masked  # noqa: PLC0415 - few deliveries need it

        headers = {
            name: masked(posted.headers[name], posted.secrets)[:LONGEST_HEADER]
            for name in ("content-type", "user-agent")
            if name in posted.headers
        }
        return self._note(posted, reason, status, proven=False, headers=headers)

    def _proven(self, posted: Posted, reason: Reason, status: int) -> bool:
        if posted.source.scheme.kind in UNPROVEN_SCHEMES:
            return self._unproven(posted, reason, status)
        if not self._may(posted.source.name, proven=True):
            return False
        from whenthen.sources.redaction.redaction import kept_body, kept_headers  # noqa: PLC0415 - few deliveries need it

        source, secrets = posted.source, posted.secrets
        headers, others = kept_headers(source, posted.headers, secrets)
        body = kept_body(source, posted.headers, posted.body, secrets)
        return self._note(posted, reason, status, proven=True, headers=headers, others=others, body=body)

    def _note(
        self,
        posted: Posted,
        reason: Reason,
        status: int,
        *,
        proven: bool,
        headers: Mapping[str, str],
        others: Sequence[str] = (),
        body: str = "",
    ) -> bool:
        from whenthen.sources.redaction.masked_reasons import masked_reason  # noqa: PLC0415 - few deliveries need it

        rejection = Rejection(
            at=self.clock.now(),
            outcome="refused" if status else "unmapped",
            proven=proven,
            status=status or 202,
            reason=bounded(masked_reason(reason, posted.secrets), MAX_REASON),
            size=len(posted.body),
            headers=headers,
            others=others,
            body=body,
        )
        return self.rejections.note(posted.source.name, rejection)

    def _may(self, source: str, *, proven: bool) -> bool:
        """Tell whether one more may be recorded now, and remember when all of the burst will be free again."""
        pace, now = PACES[proven], self.clock.now()
        free = max(self._credit.get((source, proven), now), now) + pace.pause
        if free - now > pace.burst * pace.pause:
            return False
        self._credit[source, proven] = free
        return True


def _joined(problems: Sequence[Problem]) -> Reason | None:
    found: list[Any] = [problem.at_field for problem in problems]
    return INVALID(problems=found) if len(found) > 1 else next(iter(found), None)
