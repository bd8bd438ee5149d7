"""Read Meta's notifications and leads, and decide which forms to compare for missed leads."""
