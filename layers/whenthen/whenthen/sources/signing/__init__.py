"""Verify who sent a webhook, and sign our own."""
