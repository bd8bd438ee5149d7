"""Explain why a rule matched an event or did not."""
