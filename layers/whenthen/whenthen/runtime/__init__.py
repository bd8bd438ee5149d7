"""Run a use case in a function: settings, wiring, batches, answers and logs."""
