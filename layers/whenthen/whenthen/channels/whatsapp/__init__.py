"""Send WhatsApp messages through Meta's Cloud API."""
