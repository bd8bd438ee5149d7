"""Read the limits of sending with a run, and store the logs of marketing messages."""
