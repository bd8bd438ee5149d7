"""Shape work in the background, and how far it came."""
