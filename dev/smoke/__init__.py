"""The smoke test: the demo's stories on a stack in an account, without a message to anybody."""
