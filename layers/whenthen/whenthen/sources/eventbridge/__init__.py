"""Read the event bus: whenthen events and those of other applications."""
