"""Describe the documents that admins write, from the tables that their parsers read: JSON Schema, and the catalogue."""
