"""Read WhatsApp's webhooks: messages, statuses, preferences and calls."""
