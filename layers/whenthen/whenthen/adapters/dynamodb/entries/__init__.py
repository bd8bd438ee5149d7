"""Store on the runs table which run of a rule entered last for a record."""
