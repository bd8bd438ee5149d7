"""Time: waits of steps, time zones, recurring series, time values in conditions."""
