"""Declare the reasons for which an Idempotency-Key is rejected."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

# The same key came with another document before.
KEY_REUSED = ReasonCode("idempotency_key.reused")
