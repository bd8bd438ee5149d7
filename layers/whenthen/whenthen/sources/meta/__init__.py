"""Meta: notifications, leads, and the forms that are asked for missed leads."""
