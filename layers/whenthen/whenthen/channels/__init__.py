"""Act on the outside: one folder for each channel. `registry` lists them."""
