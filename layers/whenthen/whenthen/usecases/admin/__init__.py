"""Let admins manage rules, views, sources, settings, imports and API keys."""
