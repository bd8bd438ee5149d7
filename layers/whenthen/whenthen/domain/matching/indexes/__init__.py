"""Index a rule set: lead from a value in an event to the rules that want it."""
