"""Write records: save, merge, import."""
