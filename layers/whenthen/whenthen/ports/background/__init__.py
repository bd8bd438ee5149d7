"""Ports of work that goes on in the background: enrolments, imports, and changes of many runs."""
