"""Turn the raw bytes of outside payloads into events. Pure: calls happen elsewhere."""
