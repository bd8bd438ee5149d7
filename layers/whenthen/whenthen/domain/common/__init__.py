"""Building blocks of the domain: errors, ids, values, 64-bit integers, the document reader, backoff."""
