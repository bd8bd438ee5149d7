"""Describe runs: their state, their next step, who may enter, delivery reports, enrolment over a view."""
