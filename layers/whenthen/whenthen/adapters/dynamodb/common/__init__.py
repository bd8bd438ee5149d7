"""Tables, transactions, attribute values and cursors."""
