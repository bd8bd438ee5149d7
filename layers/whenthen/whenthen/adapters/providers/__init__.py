"""Call outside APIs that more than one part of whenthen needs."""
