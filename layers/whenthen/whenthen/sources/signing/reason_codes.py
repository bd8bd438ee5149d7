"""Declare the reasons for which a scheme, a secret or a delivery is refused.

Reasons of a delivery say what is missing or wrong in general, never what would have been right.
"""

from whenthen.domain.common.reasons import ReasonCode

UNKNOWN_SCHEME = ReasonCode("scheme.unknown", "schemes")
NO_SUCH_SETTING = ReasonCode("scheme.no_such_setting", "scheme")
PREFIX_REQUIRED = ReasonCode("scheme.prefix_required", "count")
HEADER_NAME_REQUIRED = ReasonCode("scheme.header_name_required")
FORM_FIELD_REQUIRED = ReasonCode("scheme.form_field_required")

SECRET_TOO_SHORT = ReasonCode("secret.too_short", "count")
# whsec_ is how secrets of Standard Webhooks begin; it stays as it is.
SECRET_NOT_STANDARD = ReasonCode("secret.not_standard", "count")

NO_SECRET = ReasonCode("signature.no_secret")
HEADER_MISSING = ReasonCode("signature.header_missing", "header")
NOT_RIGHT = ReasonCode("signature.not_right")
TIMESTAMP_UNREADABLE = ReasonCode("signature.timestamp_unreadable")
TIMESTAMP_TOO_FAR = ReasonCode("signature.timestamp_too_far")
FORM_UNREADABLE = ReasonCode("signature.form_unreadable")
# The id of a delivery, in the header webhook-id.
DELIVERY_ID = ReasonCode("signature.delivery_id")
