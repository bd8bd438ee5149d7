"""Records: fields, limits, merging, consent, the date index, the profile of a sender."""
