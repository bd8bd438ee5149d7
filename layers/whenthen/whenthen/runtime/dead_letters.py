"""Say on a dead letter why its message can never be processed, without personal data.

The message attributes are `error` (the class of the error), `reason` (the reason's code), and where there are any
`causes` (codes of nested reasons) and `fields` (names of the wrong fields), each a list joined by ", ".
"""

from __future__ import annotations

from whenthen.domain.common.errors import WhenthenError
from whenthen.domain.common.reasons import ReasonCode
from whenthen.runtime.observability import loggable

# A defect of whenthen: the function's log has the exception.
DEFECT = ReasonCode("dead_letter.defect")


def attributes_of(error: Exception) -> dict[str, str]:
    """Return the message attributes for a message that failed with `error`."""
    if not isinstance(error, WhenthenError):
        return {"error": type(error).__name__, "reason": DEFECT().code}
    said = loggable(error)
    lists: dict[str, str] = {name: ", ".join(said[name]) for name in ("causes", "fields") if name in said}
    return {"error": said["error"], "reason": said["code"], **lists}
