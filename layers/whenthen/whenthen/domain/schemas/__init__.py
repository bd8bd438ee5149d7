"""JSON Schema (2020-12) of the documents that admins write, generated from the tables that their parsers read."""
