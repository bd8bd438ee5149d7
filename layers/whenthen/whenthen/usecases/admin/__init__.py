"""Manage the installation: rules, views, sources, settings, imports, keys."""
