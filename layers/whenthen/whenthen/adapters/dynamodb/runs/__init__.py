"""Stores on the runs table: events, runs, jobs, imports, and what expires."""
