"""Hold messages to customers while limits of sending say so, and wake them."""
