"""Change records in the built-in store."""
