"""Declare the reasons that stores and providers give: not found, changed meanwhile, too large, out of reach."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

CONNECTION_NOT_FOUND = ReasonCode("connection.not_found", "connection")
ENROLMENT_NOT_FOUND = ReasonCode("enrolment.not_found", "id")
# The enrolment rested for so long that the records which it had counted are stored no more.
ENROLMENT_EXPIRED = ReasonCode("enrolment.expired")
EVENT_NOT_FOUND = ReasonCode("event.not_found", "event")
FILE_CHANGED = ReasonCode("import.file_changed")
FILE_GONE = ReasonCode("import.file_gone")
IMPORT_NOT_FOUND = ReasonCode("import.not_found", "id")
JOB_NOT_FOUND = ReasonCode("job.not_found", "step", "occurrence", "run")
NOTICE_NOT_FOUND = ReasonCode("notice.not_found", "id")
OBJECT_NOT_FOUND = ReasonCode("object.not_found", "key")
RECORD_NOT_FOUND = ReasonCode("record.not_found", "ref")
RULE_NOT_FOUND = ReasonCode("rule.not_found", "rule")
# A cached rule set has no such rule for this event type.
RULE_NOT_WATCHING = ReasonCode("rule.not_watching", "rule", "event_type")
RULE_VERSION_NOT_FOUND = ReasonCode("rule.version_not_found", "rule", "version")
RUN_NOT_FOUND = ReasonCode("run.not_found", "run")
SECRET_NOT_FOUND = ReasonCode("secret.not_found", "name")
# The secret has a value that is no JSON object, or lacks what it is there for.
SECRET_UNREADABLE = ReasonCode("secret.unreadable", "name")
SOURCE_NOT_FOUND = ReasonCode("source.not_found", "source")
TEMPLATE_NOT_FOUND = ReasonCode("stored_template.not_found", "template")
TEMPLATE_VERSION_NOT_FOUND = ReasonCode("stored_template.version_not_found", "template", "version")
VIEW_NOT_FOUND = ReasonCode("view.not_found", "view")
WORK_NOT_FOUND = ReasonCode("work.not_found", "id")

# Another worker holds the job's claim.
BUSY = ReasonCode("job.busy")
# The lease of attempt number `attempt` ran out: its worker died, and may have sent before.
ATTEMPT_VANISHED = ReasonCode("job.attempt_vanished", "attempt")

# Others change the subject (an id or a ref) so often that a bounded number of attempts did not suffice.
CONTENDED = ReasonCode("store.contended", "subject")
# The subject (an id or a ref) is no longer as the caller read it.
MOVED_ON = ReasonCode("store.moved_on", "subject")
# The caller named the version that it wants to change, and it is not the current one.
OTHER_VERSION = ReasonCode("store.other_version", "subject", "current", "wanted")

# An item of DynamoDB holds at most 400 KB.
ITEM_TOO_LARGE = ReasonCode("store.item_too_large")
# A transaction takes at most `most` writes, and this one has `found`.
TOO_MANY_WRITES = ReasonCode("store.too_many_writes", "most", "found")
# Sizes in bytes.
TOO_LARGE = ReasonCode("size.too_large", "most", "found")

# `provider` is the name of a provider or the host of a receiver, `error` its error code or the name of an exception.
NOT_REACHED = ReasonCode("provider.not_reached", "provider", "error")
# A customer has not written for a day, so that WhatsApp takes approved templates alone.
WINDOW_CLOSED = ReasonCode("whatsapp.window_closed")
NO_ANSWER = ReasonCode("provider.no_answer", "provider", "error")
BROKE_OFF = ReasonCode("provider.broke_off", "provider", "error")
UNAVAILABLE = ReasonCode("provider.unavailable", "provider", "error")
