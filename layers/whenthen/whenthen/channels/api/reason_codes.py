"""Declare the reasons of calls to APIs."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

# The API answered that the address is gone for good: the step makes no more calls. `receiver` is its circuit.
STEP_OFF = ReasonCode("api.step_off", "status", "receiver")
# An earlier call of this step was answered so: it was not made again. `since` is when.
STEP_IS_OFF = ReasonCode("api.step_is_off", "since", "receiver")
# The answer has an expected status, and the expression of `ok_if` does not hold for it.
NOT_OK = ReasonCode("api.not_ok", "status", "expression")
# The call was made; `reason` is why its values could not be saved.
NOT_SAVED = ReasonCode("api.not_saved", "status", "reason")
# The answer is longer than what is read of it, `most` bytes.
ANSWER_CUT = ReasonCode("api.answer_cut", "most")
