"""Schedule rules: cron schedules, date triggers, and the window of time that one sweep covers."""
