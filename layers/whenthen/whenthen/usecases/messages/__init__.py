"""Receive what customers write, and what providers report of messages of ours."""
