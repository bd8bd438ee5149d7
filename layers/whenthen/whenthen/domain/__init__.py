"""The rules of the house: pure values and functions. No I/O, no clock, no environment."""
