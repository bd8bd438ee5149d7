"""Describe work in the background: changes of many runs, and how far they came."""
