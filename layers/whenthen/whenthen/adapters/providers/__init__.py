"""Clients of outside APIs that more than one part of whenthen calls."""
