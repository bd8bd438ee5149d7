"""Store on the runs table what is remembered of requests: idempotency keys, and rejected deliveries."""
