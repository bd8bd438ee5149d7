"""Call the outside over HTTP through one guarded client."""
