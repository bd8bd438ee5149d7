"""Take in events from outside, and make them durable."""
