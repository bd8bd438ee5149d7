"""Store the counts of outcomes by day."""
