"""Map Stripe's webhooks, ready-made."""
