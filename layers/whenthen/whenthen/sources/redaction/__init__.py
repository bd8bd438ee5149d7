"""Mask what is kept of a rejected delivery: values that no mapping names, and whatever looks like a secret."""
