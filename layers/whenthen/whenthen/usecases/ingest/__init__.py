"""Take in what happens outside, and make it durable as events."""
