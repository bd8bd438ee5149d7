"""GitHub: ready-made mappings of its webhooks."""
