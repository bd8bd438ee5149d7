"""Map GitHub's webhooks, as an admin would write it: issues are tickets.

The signature covers the body alone. So the body says which event it is, by the things that it holds, and its bytes
identify it, also when somebody redelivers it by hand. The headers that name the event and the delivery are not asked.
"""

from __future__ import annotations

from typing import Any

_TICKET = (
    "{repository: repository.full_name, number: issue.number, title: issue.title, text: issue.body, state: issue.state,"
    " labels: issue.labels[].name, url: issue.html_url, author: issue.user.login, action: action, sender: sender.login}"
)
_REPLY = (
    "{repository: repository.full_name, number: issue.number, title: issue.title, text: comment.body,"
    " url: comment.html_url, author: comment.user.login, sender: sender.login}"
)
_CHANGE = (
    "{repository: repository.full_name, number: pull_request.number, title: pull_request.title,"
    " url: pull_request.html_url, author: pull_request.user.login, branch: pull_request.base.ref, sender: sender.login}"
)
_RELEASE = (
    "{repository: repository.full_name, tag: release.tag_name, title: release.name, text: release.body,"
    " url: release.html_url, sender: sender.login}"
)
_PUSH = (
    "{repository: repository.full_name, ref: ref, commits: length(commits || `[]`), url: compare, sender: sender.login}"
)

_BODIES: dict[str, str] = {
    "issues": "body.issue && !(body.comment) && !(body.sub_issue) && !(body.pull_request)",
    "issue_comment": "body.issue && body.comment && !(body.pull_request)",
    "pull_request": "body.pull_request && !(body.review) && !(body.comment) && !(body.thread)",
    "release": "body.release",
    "push": "body.ref && !(body.ref_type) && !(body.action) && !(body.workflow) && !(body.deployment)",
}
"""GitHub's event → the bodies that only this event has. (JMESPath reads `!a.b` as `(!a).b`.)"""

EVENTS: list[tuple[str, str, str, str]] = [
    # GitHub's event, further condition, our type, data
    ("issues", "body.action == 'opened'", "ticket.created", _TICKET),
    ("issues", "body.action == 'closed'", "ticket.closed", _TICKET),
    ("issues", "body.action == 'reopened'", "ticket.reopened", _TICKET),
    ("issues", "body.action", "ticket.updated", _TICKET),
    ("issue_comment", "body.action == 'created'", "ticket.replied", _REPLY),
    ("pull_request", "body.action == 'opened'", "pull_request.opened", _CHANGE),
    ("pull_request", "body.action == 'closed' && body.pull_request.merged", "pull_request.merged", _CHANGE),
    ("pull_request", "body.action == 'closed'", "pull_request.closed", _CHANGE),
    ("release", "body.action == 'published'", "release.published", _RELEASE),
    ("push", "body.ref", "repository.pushed", _PUSH),
]

MAPPINGS: list[dict[str, Any]] = [
    {
        "when": f"{_BODIES[event]} && {condition}",
        "type": ours,
        "time": "body.issue.updated_at || body.pull_request.updated_at || body.release.published_at",
        "identities": "{github: body.sender.login}",
        "data": f"body.{what}",
    }
    for event, condition, ours, what in EVENTS
]
