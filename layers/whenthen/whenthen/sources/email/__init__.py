"""E-mail: received mail and delivery reports as events."""
