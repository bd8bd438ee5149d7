"""Send e-mail through SES."""
