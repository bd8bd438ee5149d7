"""Implement stores on the records table: records, identities, dates."""
