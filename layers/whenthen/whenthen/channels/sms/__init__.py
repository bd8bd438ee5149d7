"""Send SMS through AWS End User Messaging, or SNS."""
