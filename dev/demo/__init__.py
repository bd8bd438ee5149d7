"""The demo: three sample rules, signed sample events, and a readable account of what happened."""
