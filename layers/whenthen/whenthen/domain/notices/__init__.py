"""Describe what colleagues are told: notices, and what became of each message to them."""
