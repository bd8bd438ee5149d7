"""Providers through which messages go out."""
