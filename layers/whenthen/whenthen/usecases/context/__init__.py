"""Load the history and the related records that conditions and templates ask for."""
