"""Run whenthen on a developer's machine: its environments, the local stack, and stand-ins for the outside."""
