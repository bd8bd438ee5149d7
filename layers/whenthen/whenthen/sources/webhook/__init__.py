"""Generic webhook sources: from a delivery to events and records by the mappings of an admin."""
