"""Shape stored templates, and previews of their messages."""
