"""Signed webhooks to other systems."""
