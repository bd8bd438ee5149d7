"""Pure values and decisions of whenthen. Nothing here does I/O, reads a clock or reads the environment."""
