"""Declare the reasons for which a file, or a row of it, is not imported."""

from whenthen.domain.common.reasons import ReasonCode

NOT_UTF8_FILE = ReasonCode("file.not_utf8")
UNKNOWN_COLUMN = ReasonCode("column.unknown")
NO_TARGET = ReasonCode("column.no_target")
# Another column goes to the same field.
SAME_TARGET = ReasonCode("column.same_target", "field", "column")
NO_COLUMN = ReasonCode("column.none")

ROW_TOO_LONG = ReasonCode("row.too_long", "count")
OPEN_QUOTE = ReasonCode("row.open_quote")
# UTF-16 is an encoding of texts, which some programs choose by themselves.
ROW_IN_UTF16 = ReasonCode("row.in_utf16")
ROW_NO_OBJECT = ReasonCode("row.no_object")
COLUMN_COUNT = ReasonCode("row.column_count", "count", "expected")
# A quoted cell goes on behind its closing quote, at this character of the row.
ROW_NOT_CSV = ReasonCode("row.not_csv", "position")

NUMBER_CELL = ReasonCode("cell.number")
LIST_CELL = ReasonCode("cell.list")
