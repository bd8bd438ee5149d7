"""Choose who gets a mail, and who it is from."""
