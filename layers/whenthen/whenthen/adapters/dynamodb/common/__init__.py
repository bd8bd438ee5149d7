"""Read and write tables: requests, transactions, attribute values and cursors."""
