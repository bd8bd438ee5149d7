"""Outgoing HTTP: one guarded client for every call to the outside."""
