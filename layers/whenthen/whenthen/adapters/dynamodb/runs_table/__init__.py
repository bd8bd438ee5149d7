"""Implement stores on the runs table: events, runs, jobs, imports, and other items that expire."""
