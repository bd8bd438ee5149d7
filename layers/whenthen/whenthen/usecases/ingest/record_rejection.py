"""record_rejection: what a source's admin is to see of deliveries that were refused or that no mapping took.

It is kept while the sender waits for its answer, so it is bounded: so many at once from each process, then one
every few seconds. A flood costs no more writes than that, and what cannot be kept is let go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.errors import Invalid, Refused, handling_of
from whenthen.ports.values import Rejection

if TYPE_CHECKING:
    from whenthen.ports.administration import Rejections
    from whenthen.ports.clock import Clock
    from whenthen.sources.webhook.delivery import MappingResult
    from whenthen.sources.webhook.mapping import Source

LONGEST_REASON = 1_000
UNPROVEN_SCHEMES = frozenset({"dangerous_open_form"})
"""What comes by these may be anybody's: they ask for no proof, so all of it is a stranger's."""


class Pace(Struct, frozen=True):
    """So many at once, and one more after each pause."""

    burst: int
    pause: timedelta


PACES = {True: Pace(20, timedelta(seconds=3)), False: Pace(5, timedelta(minutes=1))}
"""For deliveries that were proven to come from their source, and for strangers'."""


class Posted(Struct, frozen=True):
    """What came to a source's address. `secrets` are the source's own, which must not be kept."""

    source: Source
    headers: Mapping[str, str]
    body: bytes
    secrets: Sequence[str] = ()


class RecordRejection(Struct):
    """Keeps refusals at a bounded pace; `_credit` holds, for each source and kind, since when it is used up."""

    rejections: Rejections
    clock: Clock
    _credit: dict[tuple[str, bool], datetime] = field(default_factory=dict)

    def unauthenticated(self, posted: Posted, error: Refused) -> bool:
        """Who sent it is not known: nothing that a stranger wrote is kept but what kind of program wrote it."""
        return self._unproven(posted, error.reason, handling_of(error).status)

    def refused(self, posted: Posted, error: Refused) -> bool:
        """Its sender is known, but it cannot be read."""
        row = handling_of(error)
        quotes = isinstance(error, Invalid) and posted.source.scheme.kind in UNPROVEN_SCHEMES
        return self._proven(posted, row.title if quotes else error.reason, row.status)

    def unmapped(self, posted: Posted, mapped: MappingResult) -> bool:
        """No mapping took all of it, so that it became `webhook.received`, or a record that it asks for cannot be."""
        quoting = "" if posted.source.scheme.kind in UNPROVEN_SCHEMES else "; ".join(mapped.problems)
        said = "no mapping takes it" if mapped.untaken else "the record that it asks for cannot be written"
        return self._proven(posted, quoting or said, 0)

    def _unproven(self, posted: Posted, reason: str, status: int) -> bool:
        if not self._may(posted.source.name, proven=False):
            return False
        from whenthen.sources.webhook.redaction import LONGEST_HEADER, masked  # noqa: PLC0415 - few deliveries need it

        headers = {
            name: masked(posted.headers[name], posted.secrets)[:LONGEST_HEADER]
            for name in ("content-type", "user-agent")
            if name in posted.headers
        }
        return self._note(posted, reason, status, proven=False, headers=headers)

    def _proven(self, posted: Posted, reason: str, status: int) -> bool:
        if posted.source.scheme.kind in UNPROVEN_SCHEMES:
            return self._unproven(posted, reason, status)
        if not self._may(posted.source.name, proven=True):
            return False
        from whenthen.sources.webhook.redaction import kept_body, kept_headers  # noqa: PLC0415 - few deliveries need it

        source, secrets = posted.source, posted.secrets
        headers, others = kept_headers(source, posted.headers, secrets)
        body = kept_body(source, posted.headers, posted.body, secrets)
        return self._note(posted, reason, status, proven=True, headers=headers, others=others, body=body)

    def _note(
        self,
        posted: Posted,
        reason: str,
        status: int,
        *,
        proven: bool,
        headers: Mapping[str, str],
        others: Sequence[str] = (),
        body: str = "",
    ) -> bool:
        from whenthen.sources.webhook.redaction import masked  # noqa: PLC0415 - few deliveries need it

        rejection = Rejection(
            at=self.clock.now(),
            outcome="refused" if status else "unmapped",
            proven=proven,
            status=status or 202,
            reason=masked(reason, posted.secrets)[:LONGEST_REASON],
            size=len(posted.body),
            headers=headers,
            others=others,
            body=body,
        )
        return self.rejections.note(posted.source.name, rejection)

    def _may(self, source: str, *, proven: bool) -> bool:
        """Whether one more may be kept now. What is remembered is when all of the burst will be free again."""
        pace, now = PACES[proven], self.clock.now()
        free = max(self._credit.get((source, proven), now), now) + pace.pause
        if free - now > pace.burst * pace.pause:
            return False
        self._credit[source, proven] = free
        return True
