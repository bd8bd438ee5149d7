"""Let an Idempotency-Key stand for one request: the same again changes nothing, and another one is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.ports.administration import IdempotencyKeys
    from whenthen.ports.clock import Clock

# The same key came with another document before.
KEY_REUSED = ReasonCode("idempotency_key.reused")


class ClaimKey(Struct, frozen=True):
    """Note what the Idempotency-Keys of callers ask for."""

    keys: IdempotencyKeys
    clock: Clock

    def __call__(self, key: str, asked: object, *, by: str, what: str) -> None:
        """Note that the caller asks for this under the key, if there is one. Raises Conflict if it was something else.

        asked   a JSON document
        what    the sort of request, in which a caller's keys are told apart
        """
        content = ids.content_id(json.dumps(asked, sort_keys=True))
        if key and not self.keys.claim(ids.content_id(f"{by}#{what}#{key}"), content, self.clock.now()):
            raise Conflict(KEY_REUSED())
