"""Evaluate the JMESPath expressions of admins within bounds: of sources' deliveries and of APIs' answers."""
