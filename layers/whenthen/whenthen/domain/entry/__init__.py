"""Say which records may enter a rule, how often, and beside which of their runs."""
