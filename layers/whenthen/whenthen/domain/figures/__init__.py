"""Count outcomes of runs and jobs by day."""
