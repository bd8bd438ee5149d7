"""The catalogue of event types as tables, and the events that a changed record gives."""
