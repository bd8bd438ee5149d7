"""Lint stored templates."""
