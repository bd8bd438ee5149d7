"""The indexes of a rule set: from a value in an event to the rules that want it."""
