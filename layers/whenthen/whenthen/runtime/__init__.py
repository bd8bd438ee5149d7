"""What a function needs around its use case: settings, wiring, logging."""
