"""Changes of records in the built-in store."""
