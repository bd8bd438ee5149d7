"""Manage stored templates, and show what becomes of them for a record."""
