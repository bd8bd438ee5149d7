"""Decide what ends a run early, by its rule and the record as it is now."""
