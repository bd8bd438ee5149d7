"""Say why somebody is not told."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

# `value` names somebody who is no colleague.
NO_COLLEAGUE = ReasonCode("staff.no_colleague", "value")
# The step names a room and no way that posts to one.
NO_WAY_TO_ROOM = ReasonCode("staff.no_way_to_room", "ways")
