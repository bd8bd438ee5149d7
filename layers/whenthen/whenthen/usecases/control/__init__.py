"""Stop, pause and change what is under way, for admins: runs of rules and records, and all sending."""
