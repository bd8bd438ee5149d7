"""Bulk imports: what an admin orders, and how far the job came."""
