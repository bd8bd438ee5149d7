"""Carry runs on: start, steps, jobs, reports, outcomes."""
