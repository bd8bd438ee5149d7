"""Map GitHub's webhooks, ready-made."""
