"""WhatsApp: messages, statuses, preferences and calls as events."""
