"""Read received mail and delivery reports of sent mail."""
