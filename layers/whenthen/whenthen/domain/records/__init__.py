"""Define records: fields, limits, merging, consent, the date index, the sender's profile."""
