"""Describe stored templates by a schema."""
