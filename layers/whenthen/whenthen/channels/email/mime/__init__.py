"""Write mail as MIME."""
