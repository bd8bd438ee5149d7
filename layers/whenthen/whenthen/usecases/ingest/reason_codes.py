"""Declare the reasons for which a delivery, or an event of the API, is not taken as it is."""

from whenthen.domain.common.reasons import ReasonCode

BODY_TOO_LARGE = ReasonCode("delivery.body_too_large", "count", "found")
UNMAPPED = ReasonCode("delivery.unmapped")
RECORD_REJECTED = ReasonCode("delivery.record_rejected")
# Stands for reasons that would quote a form which anybody may post.
NOT_VALID = ReasonCode("delivery.not_valid")

BATCH_SIZE = ReasonCode("event.batch_size", "count")
PERSON_UNREADABLE = ReasonCode("event.person_unreadable")
