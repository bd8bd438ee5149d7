"""Declare the reasons about connections, their addresses and their credentials."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

BAD_NAME = ReasonCode("connection.malformed_name")
# The address must be https, with a host and without user, query and fragment.
BAD_BASE_URL = ReasonCode("connection.malformed_url")
# With a connection, the address is the part behind its base: it begins with one slash or a question mark.
NOT_A_PATH = ReasonCode("connection.not_a_path")
# Without a connection, the address begins with https://.
NOT_AN_ADDRESS = ReasonCode("connection.not_an_address")
BAD_HEADER_NAME = ReasonCode("connection.malformed_header", "name")
# whenthen or HTTP itself writes this header.
RESERVED_HEADER = ReasonCode("connection.reserved_header", "name")
BAD_SECRET_NAME = ReasonCode("connection.malformed_secret_name")
# A header's value holds a line break, or a character that HTTP does not allow.
BAD_HEADER_VALUE = ReasonCode("connection.malformed_header_value", "name")
# A body, but only one of these.
SEVERAL_BODIES = ReasonCode("connection.several_bodies", "options")
BAD_STATUSES = ReasonCode("connection.malformed_statuses", "count")
# The template names secrets where there are none: only steps with a connection have them.
SECRETS_HERE = ReasonCode("connection.secrets_elsewhere")
