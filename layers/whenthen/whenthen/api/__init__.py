"""The HTTP API of admins: routes, typed bodies and answers."""
