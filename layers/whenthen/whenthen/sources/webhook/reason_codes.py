"""Declare the reasons for which a source is refused, or a mapping does not take a delivery as it is."""

from whenthen.domain.common.reasons import ReasonCode

# --- a source, when an admin saves it
SOURCE_NAME = ReasonCode("source.name")
COUNTRY_CODE = ReasonCode("source.country_code")
TYPE_DERIVED = ReasonCode("source.type_derived", "type")
TYPE_OR_TYPE_FROM = ReasonCode("source.type_or_type_from")
# The change of a record of the kind makes events such as contact.updated.
RECORD_MAKES_EVENTS = ReasonCode("source.record_makes_events", "kind")
# `scheme` is the name of a scheme such as stripe, whose senders are programs.
TAKES_NO_FORMS = ReasonCode("source.takes_no_forms", "scheme")
REDIRECT = ReasonCode("source.redirect")

# --- a delivery as a whole
HONEYPOT = ReasonCode("delivery.honeypot")
# The expression in the field `each`.
EACH_FINDS_NO_LIST = ReasonCode("delivery.each_finds_no_list", "expression")
TOO_MANY_ITEMS = ReasonCode("delivery.too_many_items", "count", "found")

# --- a mapping that does not take a body
NOT_REPORTABLE = ReasonCode("mapping.not_reportable", "type")
# `found` is the JSON that the expression in the field `when` finds.
WHEN_NOT_MET = ReasonCode("mapping.when_not_met", "expression", "found")
WHEN_FINDS_NOTHING = ReasonCode("mapping.when_finds_nothing", "expression")

# --- a part of a body that is left out
NO_JSON_VALUE = ReasonCode("mapping.no_json_value")
# The id is taken from the delivery's headers, which its signature does not cover.
ID_NOT_SIGNED = ReasonCode("mapping.id_not_signed")
NO_TIME = ReasonCode("mapping.no_time")
NO_RECORD = ReasonCode("mapping.no_record")
IDENTITIES_NO_OBJECT = ReasonCode("mapping.identities_no_object")
DATA_TOO_LARGE = ReasonCode("mapping.data_too_large", "count")
TOLD_BY_RECORD = ReasonCode("mapping.told_by_record", "type")

# --- the record that a body changes
FIELDS_NO_OBJECT = ReasonCode("mapping.fields_no_object")
NO_KEY = ReasonCode("mapping.no_key")
# `names`: the first of them.
NAMES_LEFT_OUT = ReasonCode("mapping.names_left_out", "count", "names")
FIELDS_LEFT_OUT = ReasonCode("mapping.fields_left_out", "count", "found")
FIELD_UNREADABLE = ReasonCode("mapping.field_unreadable")
ADDRESSES_UNREADABLE = ReasonCode("mapping.addresses_unreadable", "count")
ADDRESSES_LEFT_OUT = ReasonCode("mapping.addresses_left_out", "count")
STALE = ReasonCode("mapping.stale")
