"""Start runs, perform their steps, settle delivery reports and publish outcomes."""
