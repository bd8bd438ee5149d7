"""ANY /v1/…: the API by which admins manage rules, records, sources and runs."""

from whenthen.api.app import handler

__all__ = ["handler"]
