"""Call APIs over stored connections, and let admins manage and try these."""
