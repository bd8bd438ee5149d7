"""Calculate with time: waits of steps, time zones, recurring series, time values in conditions."""
