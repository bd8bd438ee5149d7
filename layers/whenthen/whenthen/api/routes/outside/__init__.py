"""Answer requests about the systems outside: those that post events, and those whose APIs are called."""
