"""E-mail through SES."""
