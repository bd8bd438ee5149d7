"""From an outside payload's raw bytes to events. Pure: what needs a call happens elsewhere."""
