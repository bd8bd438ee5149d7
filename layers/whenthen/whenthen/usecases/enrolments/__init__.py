"""Enrol the records of a view in a rule, and let admins follow, pause and stop that."""
