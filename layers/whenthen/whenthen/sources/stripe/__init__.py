"""Stripe: ready-made mappings of its webhooks."""
