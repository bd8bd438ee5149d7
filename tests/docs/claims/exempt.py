"""Numbers and words of the docs that say nothing of how whenthen behaves, each with why."""

from __future__ import annotations

from tests.docs.claims.row import Exempt, Free

UNREAD = {
    "decisions/": "what was decided at one time, with what was known then",
    "performance.md": "figures that the command beside them measures",
    "tests.md": "written by dev.coverage_map",
    "reference/reasons.md": "written by dev.reasons from the catalogues",
    "security-model.md": "each of its rows names its tests, which test_security_model.py looks up",
}
"""Pages, or folders of pages, without claims to look up here, and why."""

_HOT_KEYS = "architecture.md"
_ROWS = (
    (_HOT_KEYS, "A partition of DynamoDB takes 1,000 write units and serves 3,000 read units a second", Free.OUTSIDE),
    (_HOT_KEYS, "(a unit: 1 kB written, or 4 kB read consistently", Free.OUTSIDE),
    (_HOT_KEYS, "| config `generation#<type>` | … | | | The figures are", Free.MEASURED),
    (_HOT_KEYS, "as an execution lasts a year at most", Free.OUTSIDE),
    ("dependencies.md", "since 2021", Free.OUTSIDE),
    ("dependencies.md", "some 250 countries", Free.OUTSIDE),
    ("dependencies.md", "(5 MB instead of 48)", Free.OUTSIDE),
    ("guides/deploy.md", "The credentials must be allowed to make what `template.yaml` has", Free.ASKED),
    ("guides/deploy.md", "mail goes to verified addresses alone, 200 a day", Free.OUTSIDE),
    ("guides/audiences.md", "discards audiences of fewer than 100 people", Free.OUTSIDE),
    ("guides/whatsapp.md", "for 24 hours after the customer's last message", Free.OUTSIDE),
    ("guides/operations.md", "| The API answers 5xx |", Free.DEFINED),
    ("guides/operations.md", "keeps them for 24 hours", Free.OUTSIDE),
    ("guides/operations.md", "The volume of the last 24 hours would cost more", Free.DEFINED),
    ("guides/operations.md", "up to 24 hours after the volume fell", Free.DEFINED),
    ("guides/operations.md", "X-Ray keeps one trace a second and 5 % of the others", Free.OUTSIDE),
    ("guides/operations.md", "The stream keeps changes for 24 hours", Free.OUTSIDE),
    ("guides/operations.md", "callers of the API must repeat it themselves", Free.ASKED),
    ("guides/operations.md", "point-in-time recovery | 35 days", Free.OUTSIDE),
    ("guides/operations.md", "point-in-time recovery of 35 days", Free.OUTSIDE),
    ("guides/rules.md", '("no order for 30 days")', Free.EXAMPLE),
    ("guides/rules.md", "the amount is between 100 and 500", Free.EXAMPLE),
    ("guides/sources.md", 'The id must be that of the event: "order 17 was shipped", not "order 17"', Free.ASKED),
    # the ending of an API's host, the path, and a token of 51 characters for a number of 12 digits
    ("guides/sms.md", "A link has about 130 characters", Free.MEASURED),
    ("guides/webhooks.md", "and what it must answer", Free.ASKED),
    ("reference/api.md", "| 400 |", Free.DEFINED),
    ("reference/api.md", "| 500, 503 |", Free.DEFINED),
    ("reference/records.md", "of about 50 rows", Free.MEASURED),
    ("reference/rules.md", "MUST, MUST NOT and MAY are meant as in RFC 2119", Free.DEFINED),
    ("reference/rules.md", "what must be true then", Free.DEFINED),
    ("reference/rules.md", '"not updated within 30 days"', Free.EXAMPLE),
    ("reference/sources.md", "A mail of up to 40 MB", Free.OUTSIDE),
    ("reference/triggers.md", '("no order for 30 days")', Free.EXAMPLE),
    ("scale.md", "100 ms", Free.MEASURED),
    ("scale.md", "of about 5 to 10 ms each", Free.MEASURED),
    ("scale.md", "An import of 100,000 rows makes 100,000 events", Free.EXAMPLE),
    ("scale.md", "if tenants must not hold each other up", Free.ASKED),
    ("scale.md", "| alarms, at 0.10", Free.OUTSIDE),
    ("scale.md", "metrics of the API by route, at 0.30", Free.OUTSIDE),
    ("scale.md", "metrics of our own, at 0.30", Free.OUTSIDE),
    ("scale.md", "| secrets, at 0.40", Free.OUTSIDE),
    ("scale.md", "two of up to 50 metrics", Free.OUTSIDE),
    ("scale.md", "of about 400 bytes", Free.MEASURED),
    ("scale.md", "0.90 USD a million with the time", Free.MEASURED),
    ("scale.md", "costs 18.93 USD a million instead of 18.03", Free.MEASURED),
    ("scale.md", "`MonthlyBudget` of more than 0", Free.DEFINED),
    ("scale.md", "the volume of the last 24 hours", Free.DEFINED),
    ("scale.md", "so a million of them cost about 1.60 USD of the log, at 0.57 a gigabyte", Free.MEASURED),
    ("tutorial.md", "When a customer orders for 100 or more", Free.EXAMPLE),
    ("tutorial.md", "Later starts take about 40 seconds", Free.MEASURED),
)

EXEMPT = tuple(Exempt(*row) for row in _ROWS)
