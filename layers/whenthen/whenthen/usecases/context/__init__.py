"""Load what conditions and templates ask for beyond the event: history and related records."""
