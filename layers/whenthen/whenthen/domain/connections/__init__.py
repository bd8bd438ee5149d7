"""Describe stored connections: an API's address, how calls to it authenticate, and what its answers mean."""
