"""Split files of an import into rows, and read rows as fields."""
