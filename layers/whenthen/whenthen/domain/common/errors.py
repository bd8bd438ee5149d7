"""Define one tree of errors, and one table of how each error is handled.

WhenthenError
├── Refused                the request cannot be met: repeating it changes nothing
│   ├── Malformed          the bytes are not what they claim to be
│   ├── Unauthenticated    the proof of the caller is missing or wrong
│   ├── Forbidden          the caller is known, but not allowed to
│   ├── NotFound
│   ├── Conflict           it exists already, or is in a state that forbids the change
│   ├── Stale              the version to be changed is no longer the current one
│   ├── TooLarge
│   └── Invalid            understood, but fields do not hold; names each of them
│       └── LintFailed     a rule that can be read, but not work
├── Temporary              a later attempt may succeed: throttled, unreachable, busy
│   ├── Busy               another worker holds the lease of this job
│   ├── AccountRefused     the provider refuses our account or its token: no call works until somebody mends it
│   │   └── CredentialsRefused   an API refuses those of a connection, which all of its calls share
│   ├── Misconfigured      an operator has to put something right first
│   └── Throttled          the provider did nothing, as it was asked too much at once: no attempt
├── Permanent              the provider refused for good: a blocked recipient, a paused template
└── AnswerLost             the call may or may not have taken effect
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode

INVALID = ReasonCode("input.invalid", "problems")
# Names the field of a document, then says its problem.
AT_FIELD = ReasonCode("input.at_field", "field", "problem")


class WhenthenError(Exception):
    """Root every error that whenthen raises on purpose."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Refused(WhenthenError):
    """Reject a request that will always be rejected."""


class Malformed(Refused):
    """Reject input that cannot be read at all: not JSON, not the declared encoding, not the provider's shape."""


class Unauthenticated(Refused):
    """Reject a signature, token or key that is missing, wrong or too old."""


class Forbidden(Refused):
    """Reject a known caller whose key does not carry the scope."""


class NotFound(Refused):
    """Report that there is no such rule, record, run, source or address."""


class Conflict(Refused):
    """Reject a change because the thing exists already, or its state does not allow the change."""


class Stale(Refused):
    """Reject a change because `If-Match` named a version that is no longer the current one."""


class TooLarge(Refused):
    """Reject input that exceeds a stated bound."""


class Problem(Struct, frozen=True):
    """Name one field that is wrong, and why. `field` is a path such as `steps[1].wait.at`, or "" for the whole."""

    field: str
    reason: Reason

    @property
    def at_field(self) -> Reason:
        """Return the reason, joined with the field that it is about where it names one."""
        return AT_FIELD(field=self.field, problem=self.reason) if self.field else self.reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else str(self.reason)


class Invalid(Refused):
    """Reject input that was understood, but has fields that do not hold."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_reason_of(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))

    @classmethod
    def field(cls, field: str, reason: Reason) -> Invalid:
        """Make an error about a single field."""
        return cls([Problem(field, reason)])


def _reason_of(problems: Sequence[Problem]) -> Reason:
    """Return the reason of the only problem, or one that holds all of them."""
    reasons = [problem.at_field for problem in problems]
    return reasons[0] if len(reasons) == 1 else INVALID(problems=reasons)


class BadRequest(Invalid):
    """Reject a request that says something else than its caller meant: a misspelt parameter, a list for one thing."""


class LintFailed(Invalid):
    """Reject a rule in which lint found errors; `warnings` lists its other findings."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        super().__init__(problems)
        self.warnings = tuple(warnings)


class Temporary(WhenthenError):
    """Report a failure after which a later attempt may succeed.

    retry_after  seconds that the provider asks for
    attempts     how often the call is worth trying at most, where the provider says so
    """

    def __init__(self, reason: Reason, retry_after: float | None = None, attempts: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.attempts = attempts


class Busy(Temporary):
    """Report that another worker holds the lease. It will finish the job, or its lease will run out."""


class AccountRefused(Temporary):
    """Report that a provider refuses our account or its token: nothing was done, and no other call does better."""


class CredentialsRefused(AccountRefused):
    """Report that an API refuses the credentials of a connection: its calls wait, and those of others go on."""


class Misconfigured(Temporary):
    """Report that nothing goes on until an operator puts something right, such as a secret that is no JSON."""


class Throttled(Temporary):
    """Report that a provider did nothing because it was asked too much at once. This is no attempt."""


class Permanent(WhenthenError):
    """Report that a provider refused for good. `code` is the provider's own code, if it has one."""

    def __init__(self, reason: Reason, code: str | None = None) -> None:
        super().__init__(reason)
        self.code = code


class AnswerLost(WhenthenError):
    """Report that a request went out and no answer came back: its effect may or may not have happened."""


class InvalidValue(ValueError):
    """Reject a single value. The caller, who knows the value's field, reports the reason under it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class OnQueue(StrEnum):
    """Decide about a queue message whose processing raised the error."""

    RETRY = "retry"
    DEAD_LETTER = "dead_letter"


class Handling(Struct, frozen=True):
    """Describe the HTTP answer to an error, and its effect on a queue message.

    title   names the kind of error; its texts are in the catalogues, as those of every reason
    """

    status: int
    title: Reason
    on_queue: OnQueue


HANDLING: dict[type[WhenthenError], Handling] = {
    Malformed: Handling(400, ReasonCode("problem.malformed")(), OnQueue.DEAD_LETTER),
    BadRequest: Handling(400, ReasonCode("problem.malformed")(), OnQueue.DEAD_LETTER),
    Unauthenticated: Handling(401, ReasonCode("problem.unauthenticated")(), OnQueue.DEAD_LETTER),
    Forbidden: Handling(403, ReasonCode("problem.forbidden")(), OnQueue.DEAD_LETTER),
    NotFound: Handling(404, ReasonCode("problem.not_found")(), OnQueue.DEAD_LETTER),
    Conflict: Handling(409, ReasonCode("problem.conflict")(), OnQueue.DEAD_LETTER),
    Stale: Handling(412, ReasonCode("problem.stale")(), OnQueue.DEAD_LETTER),
    TooLarge: Handling(413, ReasonCode("problem.too_large")(), OnQueue.DEAD_LETTER),
    Invalid: Handling(422, ReasonCode("problem.invalid")(), OnQueue.DEAD_LETTER),
    Temporary: Handling(503, ReasonCode("problem.temporary")(), OnQueue.RETRY),
    Permanent: Handling(502, ReasonCode("problem.permanent")(), OnQueue.DEAD_LETTER),
    AnswerLost: Handling(504, ReasonCode("problem.answer_lost")(), OnQueue.DEAD_LETTER),
}
"""Error class → its handling. A subclass inherits the row of its nearest listed ancestor."""

UNFORESEEN = Handling(500, ReasonCode("problem.unforeseen")(), OnQueue.RETRY)
"""Handle any other exception: a defect is retried, then dead-lettered by the queue."""


def handling_of(error: BaseException) -> Handling:
    """Return the row for `error`: that of its own class, or of its nearest ancestor."""
    for ancestor in type(error).__mro__:
        row = HANDLING.get(ancestor)
        if row is not None:
            return row
    return UNFORESEEN
