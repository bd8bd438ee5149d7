"""What the routes of whenthen.api answer, for docs/openapi.json: data, compared with real answers by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whenthen.domain.common.errors import HANDLING, AnswerLost, Permanent

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}
VALUE: Schema = {}


def optional(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """A list of it."""
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def shape(description: str = "", **properties: Schema) -> Schema:
    """An object that has all these properties, and maybe others."""
    told = {"description": description} if description else {}
    return {"type": "object", **told, "properties": properties, "required": list(properties)}


def page(schema: Schema) -> Schema:
    """A page of a list; `cursor` is null on the last."""
    return shape(items=many(schema), cursor=optional(TEXT))


SCHEMAS: Mapping[str, Schema] = {
    "Rule": shape(
        "A rule as it was written (docs/reference/rules.md), and what the store knows of it.",
        id=TEXT,
        version=NUMBER,
        name=TEXT,
        trigger=ANYTHING,
        steps=many(ANYTHING),
        sentence=TEXT,
        updated_at=TIME,
        updated_by=TEXT,
    ),
    "Finding": shape(
        "What lint found: `error` refuses a rule, `warning` informs. `rules` are the ids of others involved.",
        severity=TEXT,
        field=TEXT,
        code=TEXT,
        params=ANYTHING,
        text=TEXT,
        rules=many(TEXT),
    ),
    "Explanation": shape(
        "What became of a rule when an event of its types came, and why.",
        id=TEXT,
        name=TEXT,
        version=NUMBER,
        mode=TEXT,
        started=FLAG,
        changed_since=FLAG,
        entry=optional(TEXT),
        outcome=TEXT,
        sentence=TEXT,
        matched=FLAG,
        trigger=optional(ANYTHING),
        conditions=optional(ANYTHING),
        near_misses=many(shape(code=TEXT, params=ANYTHING, text=TEXT, expected=VALUE, actual=VALUE)),
        reasons=many(shape(code=TEXT, params=ANYTHING, text=TEXT)),
    ),
    "View": shape(
        "A saved filter over records of one kind.",
        id=TEXT,
        version=NUMBER,
        name=TEXT,
        kind=TEXT,
        updated_at=TIME,
        updated_by=TEXT,
    ),
    "Record": shape(
        "A record of the built-in store.",
        ref=TEXT,
        kind=TEXT,
        id=TEXT,
        version=NUMBER,
        created_at=optional(TIME),
        updated_at=optional(TIME),
        origin=TEXT,
        absorbed=many(TEXT),
        fields=ANYTHING,
    ),
    "Import": shape(
        "A file of records: what it was asked for, and how far it came.",
        id=TEXT,
        kind=TEXT,
        format=TEXT,
        rules=TEXT,
        enrol=many(TEXT),
        delimiter=TEXT,
        columns=ANYTHING,
        status=TEXT,
        reason=TEXT,
        progress=shape(bytes=NUMBER, of=NUMBER, line=NUMBER),
        rows=shape(created=NUMBER, updated=NUMBER, unchanged=NUMBER, refused=NUMBER),
        created_at=TIME,
        created_by=TEXT,
        started_at=optional(TIME),
        finished_at=optional(TIME),
    ),
    "Event": shape("Something that happened.", id=TEXT, source=TEXT, type=TEXT, time=TIME, data=ANYTHING),
    "Run": shape(
        "One firing of one rule version for one event and record.",
        id=TEXT,
        rule=shape(id=TEXT, version=NUMBER, name=TEXT),
        event=ANYTHING,
        record=optional(TEXT),
        status=TEXT,
        reason=TEXT,
        started_at=TIME,
        finished_at=optional(TIME),
        shadow=FLAG,
        sentence=TEXT,
    ),
    "Job": shape(
        "One step of one run.",
        id=TEXT,
        step=TEXT,
        action=TEXT,
        due=TIME,
        status=TEXT,
        reason=TEXT,
        attempts=NUMBER,
        sentence=TEXT,
    ),
    "Source": shape("A system that may post to /hooks/{name}.", name=TEXT, scheme={"type": ["string", "object"]}),
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457). `errors` names each field that does not hold.",
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": NUMBER,
            "detail": TEXT,
            "code": TEXT,
            "params": ANYTHING,
            "errors": many(shape(field=TEXT, text=TEXT)),
            "warnings": many(shape(field=TEXT, text=TEXT)),
        },
        "required": ["type", "title", "status"],
    },
}

_NOT_OF_THE_API = (Permanent, AnswerLost)
"""Errors of providers, which the API does not call."""

PROBLEMS: Mapping[str, Schema] = {
    str(row.status): {
        "description": row.title,
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    for error, row in sorted(HANDLING.items(), key=lambda entry: entry[1].status)
    if error not in _NOT_OF_THE_API
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers when all is well."""

    status: int
    description: str
    schema: Schema | None = None
    headers: tuple[str, ...] = ()


_VERSIONED = ("ETag",)
_RULE = Answer(200, "The rule.", ref("Rule"), _VERSIONED)
_SAVED = {"allOf": [ref("Rule"), shape(warnings=many(ref("Finding")))]}
_LINTED = Answer(
    200,
    "Everything found, errors first, and the rule in plain words.",
    shape(savable=FLAG, findings=many(ref("Finding")), sentence=optional(TEXT)),
)
_RECORD = Answer(200, "The record.", ref("Record"), _VERSIONED)
_GONE = Answer(204, "It is gone.")
_STATE = Answer(200, "The run with its event and jobs.", {"allOf": [ref("Run"), shape(jobs=many(ref("Job")))]})

ANSWERS: Mapping[tuple[str, str], Answer] = {
    ("post", "/v1/rules"): Answer(201, "The rule was created.", _SAVED, ("ETag", "Location")),
    ("get", "/v1/rules"): Answer(200, "Some of the rules.", page(ref("Rule"))),
    ("get", "/v1/rules/{rule_id}"): _RULE,
    ("put", "/v1/rules/{rule_id}"): Answer(200, "The rule.", _SAVED, _VERSIONED),
    ("put", "/v1/rules/{rule_id}/mode"): Answer(200, "The rule.", _SAVED, _VERSIONED),
    ("post", "/v1/rules/lint"): _LINTED,
    ("get", "/v1/rules/{rule_id}/lint"): _LINTED,
    ("delete", "/v1/rules/{rule_id}"): _GONE,
    ("get", "/v1/rules/{rule_id}/versions"): Answer(200, "Every version.", shape(items=many(ref("Rule")))),
    ("post", "/v1/rules/{rule_id}/run"): Answer(
        202, "It begins: the `event` of one record, or the `enrolment` of all of a view.", ANYTHING
    ),
    ("post", "/v1/views"): Answer(201, "The view was created.", ref("View"), ("ETag", "Location")),
    ("get", "/v1/views"): Answer(200, "Some of the views.", page(ref("View"))),
    ("get", "/v1/views/{view_id}"): Answer(
        200, "The view and the rules that name it.", {"allOf": [ref("View"), shape(rules=many(TEXT))]}, _VERSIONED
    ),
    ("put", "/v1/views/{view_id}"): Answer(200, "The view.", ref("View"), _VERSIONED),
    ("delete", "/v1/views/{view_id}"): _GONE,
    ("post", "/v1/records/{kind}"): Answer(200, "The record.", ref("Record"), ("ETag", "Location")),
    ("put", "/v1/records/{kind}/{record_id}"): _RECORD,
    ("patch", "/v1/records/{kind}/{record_id}"): _RECORD,
    ("get", "/v1/records/{kind}/{record_id}"): _RECORD,
    ("post", "/v1/records/{kind}/{record_id}/merge"): Answer(
        200, "The record that remains, with what both knew.", ref("Record"), _VERSIONED
    ),
    ("delete", "/v1/records/{kind}/{record_id}"): _GONE,
    ("get", "/v1/records/{kind}/{record_id}/timeline"): Answer(
        200, "Events, with the rules that they started, and runs; newest first.", page(shape(at=TIME))
    ),
    ("get", "/v1/records/{kind}"): Answer(200, "Some of the records.", page(ref("Record"))),
    ("post", "/v1/imports"): Answer(
        201,
        "The import; its file is to be PUT to `upload.url` as it is.",
        {"allOf": [ref("Import"), shape(upload=shape(method=TEXT, url=TEXT, expires_in=NUMBER))]},
        ("Location",),
    ),
    ("get", "/v1/imports"): Answer(200, "Some of the imports.", page(ref("Import"))),
    ("get", "/v1/imports/{import_id}"): Answer(
        200,
        "The import, and the first of its refused rows.",
        {"allOf": [ref("Import"), shape(refused=many(shape(line=NUMBER, reason=TEXT)))]},
    ),
    ("post", "/v1/imports/{import_id}/start"): Answer(202, "It is under way.", ref("Import")),
    ("post", "/v1/imports/{import_id}/stop"): Answer(200, "It rests.", ref("Import")),
    ("post", "/v1/events"): Answer(202, "All are durable.", shape(events=many(shape(id=TEXT, type=TEXT)))),
    ("get", "/v1/events/{event_id}"): Answer(
        200,
        "The event and what became of it.",
        shape(
            event=ref("Event"),
            record=optional(ref("Record")),
            handled=FLAG,
            note=TEXT,
            rules=many(shape(id=TEXT, version=NUMBER, record=optional(TEXT))),
            refused=many(shape(id=TEXT, version=NUMBER, record=optional(TEXT), code=TEXT, sentence=TEXT)),
            runs=many(ref("Run")),
        ),
    ),
    ("get", "/v1/events/{event_id}/explain"): Answer(
        200,
        "Why each rule did or did not start.",
        shape(event=ANYTHING, note=TEXT, rules=many(ref("Explanation")), left_out=NUMBER),
    ),
    ("get", "/v1/runs"): Answer(200, "Some of the runs.", page(ref("Run"))),
    ("get", "/v1/runs/{run_id}"): _STATE,
    ("post", "/v1/runs/{run_id}/stop"): _STATE,
    ("put", "/v1/sources/{name}"): Answer(200, "The source; a secret that was made for it is shown.", ref("Source")),
    ("get", "/v1/sources/{name}"): Answer(200, "The source.", ref("Source")),
    ("get", "/v1/sources"): Answer(200, "All sources.", shape(items=many(ref("Source")))),
    ("post", "/v1/sources/{name}/try"): Answer(
        200,
        "What would become of the sample.",
        shape(
            source=TEXT,
            items=many(
                shape(
                    "One body: the sample, or one of those that `each` finds in it.",
                    mapping=optional(TEXT),
                    passed_over=many(shape(mapping=TEXT, reason=TEXT)),
                    event=ref("Event"),
                    record=optional(shape(ref=TEXT, exists=FLAG, fields=ANYTHING)),
                    problems=many(TEXT),
                )
            ),
            problems=many(TEXT),
            refused=optional(shape(status=NUMBER, title=TEXT, reason=TEXT)),
        ),
    ),
    ("get", "/v1/sources/{name}/refused"): Answer(
        200,
        "Its last deliveries that were refused or that no mapping took; `headers` hold those that tell what it is.",
        shape(
            items=many(
                shape(
                    at=TIME,
                    outcome={"type": "string", "enum": ["refused", "unmapped"]},
                    proven=FLAG,
                    status=NUMBER,
                    reason=TEXT,
                    size=NUMBER,
                    headers=ANYTHING,
                    other_headers=many(TEXT),
                    body=TEXT,
                )
            )
        ),
    ),
    ("get", "/v1/sources/meta/forms"): Answer(
        200,
        "Every form that is known; `missed` counts the leads that were found without a webhook.",
        shape(
            items=many(
                shape(
                    id=TEXT,
                    page_id=optional(TEXT),
                    asked_at=optional(TIME),
                    last_lead_at=optional(TIME),
                    missed=NUMBER,
                    under_way=FLAG,
                    error=TEXT,
                )
            )
        ),
    ),
    ("get", "/v1/catalogue"): Answer(
        200,
        "All that a rule can be made of.",
        shape(
            kinds=many(ANYTHING),
            record_events=many(ANYTHING),
            events=many(ANYTHING),
            triggers=many(ANYTHING),
            operators=many(ANYTHING),
            actions=many(ANYTHING),
        ),
    ),
    ("get", "/v1/settings/{name}"): Answer(200, "The settings; empty where every default holds.", ANYTHING),
    ("put", "/v1/settings/{name}"): Answer(200, "The settings.", ANYTHING),
}
