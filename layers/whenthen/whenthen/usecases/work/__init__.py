"""Change many runs in the background, page by page."""
