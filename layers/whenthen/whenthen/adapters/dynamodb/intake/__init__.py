"""Store on the runs table what is remembered of what comes in: idempotency keys, sent mails, rejections."""
