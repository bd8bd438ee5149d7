"""Decide when a message to a customer may go: quiet hours, caps on marketing, and whose clocks count."""
