"""Declare the reason codes that documents of several kinds share. A code of one concept stands in its own module."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

REQUIRED = ReasonCode("field.required")
EMPTY = ReasonCode("field.empty")
UNKNOWN_FIELD = ReasonCode("field.unknown", "known")
# At least one of the listed fields is required.
NONE_GIVEN = ReasonCode("field.none_given", "options")
# Exactly one of the listed fields is required.
NOT_EXACTLY_ONE = ReasonCode("field.not_exactly_one", "options")
# The field is given, but only has a meaning beside the listed ones.
MATTERS_ONLY_TO = ReasonCode("field.matters_only_to", "options")

NOT_TEXT = ReasonCode("value.not_text")
NOT_NUMBER = ReasonCode("value.not_number")
NOT_FLAG = ReasonCode("value.not_flag")
NOT_TRUE = ReasonCode("value.not_true")
NOT_LIST = ReasonCode("value.not_list")
NOT_OBJECT = ReasonCode("value.not_object")
NOT_TEXTS = ReasonCode("value.not_texts")
NOT_TEXT_LIST = ReasonCode("value.not_text_list")
NOT_COUNT = ReasonCode("value.not_count")
NOT_WHOLE_NUMBER = ReasonCode("value.not_whole_number")
NOT_INTEGER = ReasonCode("value.not_integer", "least", "most")
# The field must hold one of the listed values; its own value is no text, or too long to be shown.
NOT_ONE_OF = ReasonCode("value.not_one_of", "options")
# One value, which is shown, is none of those that are allowed.
UNKNOWN_VALUE = ReasonCode("value.unknown", "value", "options")

TEXT_TOO_LONG = ReasonCode("text.too_long", "count", "found")
TOO_MANY = ReasonCode("list.too_many", "count", "found")
# At most so many texts are allowed, each with at most so many (longest) characters.
TEXTS_TOO_LONG = ReasonCode("list.too_long", "count", "longest")

BAD_ZONE = ReasonCode("time_zone.unknown")
BAD_RECORD_KIND = ReasonCode("record_kind.malformed")
BAD_EVENT_TYPE = ReasonCode("event_type.malformed", "value")
