"""Implement stores on the config table: rules, snapshots, views, settings."""
