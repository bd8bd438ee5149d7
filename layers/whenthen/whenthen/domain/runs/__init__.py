"""Runs: their state, their next step, who may enter, what providers report, enrolment over a view."""
