"""List what happens after each answer of the two providers of SMS.

Of AWS End User Messaging, a row's key is the error's code, or `code/reason` where the reason decides. It takes no
idempotency key: an answer that does not say whether it sent is lost, and the message is not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping

from whenthen.domain.common.answers import Next, Row
from whenthen.domain.common.reasons import ReasonCode

# `reason` explains the provider's code `error`; `detail` quotes its own message.
REJECTED = ReasonCode("sms.rejected", "reason", "error", "detail")
_NOT_ALLOWED = ReasonCode("sms.not_allowed")
_SANDBOX = ReasonCode("sms.sandbox")
_NO_ORIGIN = ReasonCode("sms.no_origin")
_BLOCKED = ReasonCode("sms.country_blocked")
_NUMBER_BLOCKED = ReasonCode("sms.number_blocked")
_NOT_REGISTERED = ReasonCode("sms.sender_not_registered")
_NOT_SUPPORTED = ReasonCode("sms.sender_not_supported")
_TOO_DEAR = ReasonCode("sms.price_over_threshold")
_WRONG_ORIGIN = ReasonCode("sms.wrong_origin")
_NOT_FOUND = ReasonCode("sms.origin_not_found")
_INVALID = ReasonCode("sms.invalid")
_OPTED_OUT = ReasonCode("sms.opted_out_at_provider")
# The provider's code is none of those that are known here.
OTHERWISE = ReasonCode("sms.rejected_otherwise")

_LONG, _DAY = 900.0, 3600.0
_LATER, _THROTTLED, _STOPPED = Row(Next.LATER), Row(Next.NOT_NOW), Row(Next.STOP, pause=_LONG)
_C, _V, _Q, _A = (f"{name}Exception/" for name in ("Conflict", "Validation", "ServiceQuotaExceeded", "AccessDenied"))

EUM_OPTED_OUT = f"{_C}DESTINATION_PHONE_NUMBER_OPTED_OUT"
SNS_OPTED_OUT = "OptedOut"

SHARED: Mapping[str, Row] = {
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "ServiceUnavailable": _LATER,
    # the function's credentials are renewed by themselves
    "ExpiredToken": _LATER,
    "ExpiredTokenException": _LATER,
    "InvalidClientTokenId": _STOPPED,
    "SignatureDoesNotMatch": _STOPPED,
    "UnrecognizedClientException": _STOPPED,
}
"""Answers of any service of AWS."""

EUM: Mapping[str, Row] = {
    **SHARED,
    # "couldn't complete the request": it says that nothing was sent
    "InternalServerException": _LATER,
    # the spending limit of the month, or of the account: nothing is sent until somebody raises it
    "ServiceQuotaExceededException": Row(Next.NOT_NOW, pause=_LONG),
    f"{_Q}MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT": Row(Next.STOP, pause=_DAY),
    "AccessDeniedException": Row(Next.NEVER, _NOT_ALLOWED),
    f"{_A}ACCOUNT_DISABLED": _STOPPED,
    f"{_A}INSUFFICIENT_ACCOUNT_REPUTATION": _STOPPED,
    EUM_OPTED_OUT: Row(Next.NEVER, _OPTED_OUT),
    "ConflictException": Row(Next.NEVER, _INVALID),
    f"{_C}DESTINATION_PHONE_NUMBER_NOT_VERIFIED": Row(Next.NEVER, _SANDBOX),
    f"{_C}NO_ORIGINATION_IDENTITIES_FOUND": Row(Next.NEVER, _NO_ORIGIN),
    f"{_C}DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION": Row(Next.NEVER, _BLOCKED),
    f"{_C}DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": Row(Next.NEVER, _NUMBER_BLOCKED),
    f"{_C}MESSAGE_TYPE_MISMATCH": Row(Next.NEVER, _WRONG_ORIGIN),
    f"{_C}NUMBER_CAPABILITIES_MISMATCH": Row(Next.NEVER, _WRONG_ORIGIN),
    f"{_C}RESOURCE_NOT_ACTIVE": Row(Next.NEVER, _WRONG_ORIGIN),
    "ValidationException": Row(Next.NEVER, _INVALID),
    f"{_V}SENDER_ID_NOT_REGISTERED": Row(Next.NEVER, _NOT_REGISTERED),
    f"{_V}SENDER_ID_REQUIRES_REGISTRATION": Row(Next.NEVER, _NOT_REGISTERED),
    f"{_V}SENDER_ID_NOT_SUPPORTED": Row(Next.NEVER, _NOT_SUPPORTED),
    f"{_V}INVALID_IDENTITY_FOR_DESTINATION_COUNTRY": Row(Next.NEVER, _NOT_SUPPORTED),
    f"{_V}INTERNATIONAL_SENDING_NOT_SUPPORTED": Row(Next.NEVER, _NOT_SUPPORTED),
    f"{_V}COUNTRY_NOT_ENABLED": Row(Next.NEVER, _BLOCKED),
    f"{_V}DESTINATION_COUNTRY_BLOCKED": Row(Next.NEVER, _BLOCKED),
    f"{_V}PRICE_OVER_THRESHOLD": Row(Next.NEVER, _TOO_DEAR),
    "ResourceNotFoundException": Row(Next.NEVER, _NOT_FOUND),
}
"""Answers of SendTextMessage."""

SNS: Mapping[str, Row] = {
    **SHARED,
    "Throttled": _THROTTLED,
    "ThrottledException": _THROTTLED,
    SNS_OPTED_OUT: Row(Next.NEVER, _OPTED_OUT),
    "AuthorizationError": Row(Next.NEVER, _NOT_ALLOWED),
    "AuthorizationErrorException": Row(Next.NEVER, _NOT_ALLOWED),
    "AccessDenied": Row(Next.NEVER, _NOT_ALLOWED),
    "InvalidParameter": Row(Next.NEVER, _INVALID),
    "InvalidParameterException": Row(Next.NEVER, _INVALID),
    "InvalidParameterValue": Row(Next.NEVER, _INVALID),
    "ParameterValueInvalid": Row(Next.NEVER, _INVALID),
    "UserError": Row(Next.NEVER, _SANDBOX),
    "UserErrorException": Row(Next.NEVER, _SANDBOX),
}
"""Answers of Publish."""
