"""Declare the reasons of calls over connections, and of changes to these."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

EXISTS = ReasonCode("connection.exists", "connection")
# These rules name the connection.
IN_USE = ReasonCode("connection.in_use", "rules")
# The name of a connection cannot change: rules name it.
OTHER_NAME = ReasonCode("connection.other_name", "connection")
# The connection has no value for this secret.
NO_SECRET = ReasonCode("connection.no_secret", "connection", "name")
# The address of tokens refused the client. `error` is its own code, `status` that of HTTP.
TOKEN_REFUSED = ReasonCode("connection.token_refused", "connection", "error", "status")
# The address of tokens answered without a token that can be used.
NO_TOKEN = ReasonCode("connection.no_token", "connection", "status")
# `status` is that of HTTP.
ANSWERED = ReasonCode("api.answered", "status")
# The call is still to be made when the time for it is over, since asking for a token took so long.
NO_TIME_LEFT = ReasonCode("api.no_time_left", "connection")
