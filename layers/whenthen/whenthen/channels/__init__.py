"""Channels: one folder for each way of acting. `registry` lists them."""
