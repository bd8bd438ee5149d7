"""Stores on the records table: records, identities, dates."""
