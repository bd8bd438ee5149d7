"""Declare the reasons for which a record, or a row of an import, is not written."""

from whenthen.domain.common.reasons import ReasonCode

ID_REQUIRED = ReasonCode("record.id_required")
NO_PHONE = ReasonCode("address.no_phone", "value")
NO_EMAIL = ReasonCode("address.no_email", "value")
NO_WHATSAPP = ReasonCode("address.no_whatsapp", "value")
ADDRESS_LIST = ReasonCode("address.list", "count")
# Phone and e-mail belong to different records, `refs`.
TWO_PEOPLE = ReasonCode("record.two_people", "refs")

# The first row of a file names its columns; `reason` tells why it cannot be read.
HEADER_UNREADABLE = ReasonCode("import.header_unreadable", "reason")
# Records had the row's phone and e-mail earlier, and still have the ids that would be made of these.
ID_TAKEN = ReasonCode("import.id_taken")
# An import rests after so many turns; an admin can start it again.
RESTS = ReasonCode("import.rests", "count")

# The record was merged into another: only that one can be deleted.
MERGED_INTO = ReasonCode("record.merged_into", "ref", "into")
MERGED_BEFORE = ReasonCode("merge.merged_before", "ref", "into")
MERGED_AWAY = ReasonCode("merge.merged_away", "ref", "into")
