"""Send signed webhooks to other systems."""
