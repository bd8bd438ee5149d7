"""Map deliveries of generic webhook sources to events and records, by the mappings of an admin."""
