"""Count outcomes by day, and show the counts."""
