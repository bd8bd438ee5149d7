"""Store work in the background, and its progress, on the runs table."""
