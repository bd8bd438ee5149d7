"""Files of an import: cut them into rows, and rows into fields."""
