"""The API by which admins manage rules, records, sources and runs. `app` is its entry point."""
