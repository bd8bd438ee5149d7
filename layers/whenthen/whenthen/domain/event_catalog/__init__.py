"""List event types in tables, and derive events from a changed record."""
