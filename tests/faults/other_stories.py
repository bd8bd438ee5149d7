"""More stories for the crash sweeps: what the clock, changes of records, mail and providers' reports set going."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from tests.faults.stories import PHONE
from tests.faults.telling import Ending, Stage, Story, signed
from tests.mails import as_ses_stores
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import Job, JobStatus

_DONE, _FAILED, _SKIPPED = JobStatus.DONE.value, JobStatus.FAILED.value, JobStatus.SKIPPED.value
MAIL: Mapping[str, Any] = {
    "id": "mail",
    "action": "send_email",
    "with": {"to": "ayse@example.com", "subject": "Ok", "text": "Ok"},
}
TELL: Mapping[str, Any] = {"id": "tell", "action": "call_webhook", "with": {"url": "https://books.example/hook"}}
HELLO: Mapping[str, Any] = {"id": "hello", "action": "send_whatsapp", "with": {"to": PHONE, "template": "welcome"}}
CALL: Mapping[str, Any] = {"id": "call", "action": "create_task", "wait": {"days": 2}, "with": {"title": "Call"}}


def _rule(rule_id: str, trigger: Mapping[str, Any], *steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": rule_id, "name": rule_id, "mode": "on", "trigger": trigger, "steps": list(steps), **more}


# --- the clock: fire_due_dates, enrol_view ------------------------------------------------------------


def _prepare_ten_o_clock(stage: Stage) -> None:
    """Half past nine: a birthday, a report and a list are to come at ten. The clock was swept before.

    Two of the rules are in shadow: how often they ran is what matters here, not what they would have sent.
    """
    for name, day in (("ada", "1990-03-14"), ("eve", "1990-03-15")):
        stage.writes(f"contact:{name}", birth_date=day, email=f"{name}@example.com")
    greet = {**MAIL, "with": {"to": "{{ record.email }}", "subject": "Happy birthday", "text": "!"}}
    on_the_day = {"kind": "contact", "field": "birth_date", "yearly": True, "at": "10:00"}
    stage.has_rule(_rule("rule_birthday", {"date": on_the_day}, greet, kind="contact"))
    shadow = {"mode": "shadow"}
    stage.has_rule(_rule("rule_report", {"schedule": {"cron": "0 10 * * *"}}, MAIL, **shadow))
    over = {"cron": "0 10 * * *", "kind": "contact"}
    stage.has_rule(_rule("rule_list", {"schedule": over}, TELL, kind="contact", **shadow))
    stage.tick()
    stage.settle()
    stage.pass_time(minutes=30)


def _nothing(_stage: Stage) -> None:
    pass


# --- changes and outcomes: publish_changes, publish_outcomes -------------------------------------------


def _prepare_deal(stage: Stage) -> None:
    """A deal that is won is marked by one rule; the mark, and that rule's outcome, start one more each."""
    stage.writes("deal:7", stage="new")
    stage.settle()
    mark = {"id": "mark", "action": "set_fields", "with": {"fields": {"celebrated": True}}}
    stage.has_rule(_rule("rule_won", {"event": "deal.updated", "field": "stage", "to": "won"}, mark, kind="deal"))
    stage.has_rule(_rule("rule_marked", {"event": "deal.updated", "field": "celebrated"}, TELL, kind="deal"))
    stage.has_rule(_rule("rule_after", {"after_rule": ["rule_won"]}, MAIL))


def _the_deal_is_marked_once(stage: Stage) -> None:
    (deal,) = stage.records("deal")
    assert (deal.fields["celebrated"], deal.version) == (True, 3), "made, won and marked, and nothing else"


# --- mail: receive_email --------------------------------------------------------------------------------


def _prepare_answer(stage: Stage) -> None:
    """A customer who got a mail two days before they are to be called."""
    stage.writes("contact:ada", email="ayse@example.com")
    stage.settle()
    exits = {"exit": {"on": ["contact.replied"]}}
    stage.has_rule(_rule("rule_offer", {"event": "offer.made"}, MAIL, CALL, kind="contact", **exits))
    answers = {"conditions": {"field": "event.data.reply_to_run", "op": "exists"}}
    file = {"id": "file", "action": "create_task", "with": {"title": "{{ event.data.attachments[0].key }}"}}
    stage.has_rule(_rule("rule_file", {"event": "email.received"}, file, **answers))
    stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now(), subject="contact:ada"))
    stage.settle()


def _an_answer_comes(stage: Stage) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ayse@example.com", "crm@example.com", "Re: Ok"
    mail["In-Reply-To"] = f"<{_job(stage, 'mail').result['message_id']}@eu-central-1.amazonses.com>"
    mail.set_content("Yes, please")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="order.pdf")
    mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="list.csv")
    stage.receive_mail(as_ses_stores(mail, "ayse@example.com", stage.now()), "a1")


def _its_attachments_are_kept(stage: Stage) -> None:
    kept = {key: content for key, content in stage.objects().items() if key.startswith("attachments/")}
    assert {key: content.strip() for key, content in kept.items()} == {
        "attachments/a1/1": b"%PDF",
        "attachments/a1/2": b"a,b",
    }
    (task,) = stage.records("task")
    assert task.fields["title"] == "attachments/a1/1", "and nobody calls a customer who answered"


# --- what providers report: apply_delivery_report, update_consent -------------------------------------------------


def _prepare_lost_answer(stage: Stage) -> None:
    """WhatsApp took a message, but its answer was lost. The run waits for its next step."""
    stage.has_rule(_rule("rule_hello", {"event": "offer.made"}, HELLO, CALL))
    _offer_that_is_lost(stage)


def _offer_that_is_lost(stage: Stage) -> None:
    stage.lose_an_answer()
    stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now()))
    stage.settle()


def _whatsapp_reports(stage: Stage, status: str) -> None:
    item = {
        "id": "wamid.sent",
        "status": status,
        "timestamp": str(int(stage.now().timestamp())),
        "recipient_id": PHONE.removeprefix("+"),
        "biz_opaque_callback_data": _job(stage, "hello").callback,
        **({"errors": [{"code": 131049, "title": "Not delivered"}]} if status == "failed" else {}),
    }
    metadata = {"display_phone_number": "902129876543", "phone_number_id": "3"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": [item]}
    entry = {"id": "4", "changes": [{"field": "messages", "value": value}]}
    stage.post_to_meta_hook(*signed({"object": "whatsapp_business_account", "entry": [entry]}))


def _prepare_sent(stage: Stage) -> None:
    """WhatsApp took a message, and the run is over."""
    stage.has_rule(_rule("rule_hello", {"event": "offer.made"}, HELLO))
    stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now()))
    stage.settle()


def _prepare_mail_lost(stage: Stage) -> None:
    """SES took a mail, but its answer was lost. The run is over; another rule is about mail that comes back."""
    stage.writes("contact:ada", email="ayse@example.com")
    stage.settle()
    stage.has_rule(_rule("rule_mail", {"event": "offer.made"}, MAIL))
    stage.has_rule(_rule("rule_bounced", {"event": "email.bounced"}, TELL))
    _offer_that_is_lost(stage)


def _the_mail_comes_back(stage: Stage) -> None:
    job = _job(stage, "mail")
    headers = [{"name": "X-Whenthen-Job", "value": job.id}, {"name": "X-Whenthen-Run", "value": job.run_id}]
    at = "2026-03-14T09:30:00.000Z"
    stage.report_of_ses(
        {
            "eventType": "Bounce",
            "mail": {"messageId": "m1", "timestamp": at, "headers": headers, "destination": ["ayse@example.com"]},
            "bounce": {
                "bounceType": "Permanent",
                "bouncedRecipients": [{"emailAddress": "ayse@example.com"}],
                "timestamp": at,
            },
        }
    )


def _ada_gets_no_more_mail(stage: Stage) -> None:
    (ada,) = stage.records("contact")
    assert ada.fields["consent"] == {"email": False}
    assert ada.version == 2, "the bounce was kept once"


def _job(stage: Stage, step: str) -> Job:
    (found,) = [job for state in stage.states() for job in state.jobs if job.step_id == step]
    return found


# --- dates that move: match_rules, advance_sequence -----------------------------------------------------


def _prepare_visit(stage: Stage) -> None:
    """A visit in June, and a webhook a day before it."""
    stage.writes("contact:ada", email="ayse@example.com", visit_date="2026-06-10")
    stage.settle()
    wait = {"until": {"field": "visit_date", "days": -1}, "at": "09:00"}
    note = {"id": "note", "action": "set_fields", "with": {"fields": {"reminded": True}}}
    stage.has_rule(_rule("rule_visit", {"event": "visit.booked"}, {**TELL, "wait": wait}, note, kind="contact"))
    stage.publish(Event("evt_visit", "hook/shop", "visit.booked", stage.now(), subject="contact:ada"))
    stage.settle()


def _the_visit_moves(stage: Stage) -> None:
    stage.writes("contact:ada", visit_date="2026-06-20")
    stage.writes("contact:ada", visit_date="2026-05-05")


def _the_reminder_was_on_the_fourth_of_may(stage: Stage) -> None:
    assert _job(stage, "tell").due == datetime(2026, 5, 4, 9, tzinfo=UTC)
    (ada,) = stage.records("contact")
    assert (ada.fields["reminded"], ada.version) == (True, 4)


def _the_visit_is_called_off(stage: Stage) -> None:
    stage.writes("contact:ada", visit_date=None)


def _the_note_came_at_once(stage: Stage) -> None:
    assert _job(stage, "note").due < stage.now().replace(2026, 4, 1)


# --- sources: receive_webhook ------------------------------------------------------------------------

_KEY = "key-of-the-shop"
_NOTE: Mapping[str, Any] = {"id": "note", "action": "create_task", "with": {"title": "Pack {{ event.data.number }}"}}
_SHOP: Mapping[str, Any] = {
    "name": "shop",
    "scheme": "bearer",
    "mappings": [
        {
            "type": "order.placed",
            "id": "body.number",
            "record": {"kind": "contact", "fields": "{full_name: body.name, email: body.email}"},
        }
    ],
}


def _prepare_order(stage: Stage) -> None:
    stage.has_source("shop", _SHOP, _KEY)
    stage.has_rule(_rule("rule_order", {"event": "order.placed"}, _NOTE, TELL, kind="contact"))


def _an_order_is_told_twice(stage: Stage) -> None:
    """In between, a person corrects what the shop wrote."""
    body = json.dumps({"number": "70418", "name": "Aise", "email": "ayse@example.com"}).encode()
    headers = {"authorization": f"Bearer {_KEY}", "content-type": "application/json"}
    stage.post_to_hook("shop", headers, body)
    (contact,) = stage.records("contact")
    stage.writes(contact.ref, full_name="Ayşe")
    stage.post_to_hook("shop", headers, body)


def _the_correction_stands(stage: Stage) -> None:
    (contact,) = stage.records("contact")
    assert (contact.fields["full_name"], contact.version) == ("Ayşe", 2)
    assert {state.run.record for state in stage.states()} == {contact.ref}


# --- branches: match_rules, the channels, advance_sequence ------------------------------------------------

_IS_VIP = {"field": "record.vip", "op": "equals", "value": True}


def _prepare_branches(stage: Stage) -> None:
    """Of two ways one is gone: the lead is no VIP, and the message to it will be refused."""
    stage.writes("contact:ada", email="ayse@example.com")
    stage.settle()
    gift = {"id": "gift", "action": "create_task", "with": {"title": "Gift"}, "only_if": _IS_VIP, "else": "tell"}
    card = {"id": "card", "action": "create_task", "with": {"title": "Card"}}
    bill = {"id": "bill", "action": "set_fields", "with": {"record": "contact:nobody", "fields": {"a": 1}}}
    steps = (gift, card, TELL, {**bill, "wait": {"days": 1}, "on_error": {"go_to": "call"}}, HELLO, CALL)
    stage.has_rule(_rule("rule_ways", {"event": "offer.made"}, *steps, kind="contact"))


def _one_task_is_made(stage: Stage) -> None:
    (task,) = stage.records("task")
    assert task.fields["title"] == "Call"


# --- waits for events: match_rules, the channels, advance_sequence ----------------------------------------


def _rule_that_asks() -> dict[str, Any]:
    """A mail, then three days for an answer: with one the gift, without one the call."""
    wait = {"for_event": {"on": ["contact.replied"], "timeout": {"days": 3}, "then": "tell", "else": "call"}}
    ask = {"id": "ask", "action": "create_task", "with": {"title": "Never"}, "wait": wait}
    steps = (MAIL, ask, TELL, {"id": "end", "action": "set_fields", "with": {"fields": {"end": 1}}}, CALL)
    return _rule("rule_ask", {"event": "offer.made"}, *steps, kind="contact")


def _prepare_asking(stage: Stage) -> None:
    stage.writes("contact:ada", email="ayse@example.com")
    stage.settle()
    stage.has_rule(_rule_that_asks())


def _prepare_asked(stage: Stage) -> None:
    """The mail is out, and the run waits."""
    _prepare_asking(stage)
    _offer(stage)
    stage.settle()
    stage.pass_time(minutes=30)


def _offer(stage: Stage) -> None:
    stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now(), subject="contact:ada"))


def _an_answer_is_told(stage: Stage) -> None:
    stage.publish(Event("evt_reply", "hook/shop", "contact.replied", stage.now(), subject="contact:ada"))


# --- order: match_rules, publish_outcomes, advance_sequence -----------------------------------------------


def _prepare_line(stage: Stage) -> None:
    """Three rules follow one another: the second is over as soon as it begins."""
    stage.writes("contact:ada", email="ayse@example.com")
    stage.settle()
    on_offer, of_contact = {"event": "offer.made"}, {"kind": "contact"}
    only_vips = {"id": "gift", "action": "create_task", "with": {"title": "Gift"}, "only_if": _IS_VIP}
    stage.has_rule(_rule("rule_3", on_offer, TELL, **of_contact, order=1))
    stage.has_rule(_rule("rule_1", on_offer, only_vips, **of_contact, order=2))
    stage.has_rule(_rule("rule_2", on_offer, {**CALL, "with": {"title": "{{ record.told }}"}}, **of_contact, order=3))


def _they_followed_one_another(stage: Stage) -> None:
    ends = {state.run.rule_id: (state.run.due, state.run.finished_at) for state in stage.states()}
    assert ends["rule_3"][1] <= ends["rule_1"][0]
    assert ends["rule_1"][1] <= ends["rule_2"][0]
    assert len(stage.records("task")) == 1


_REPORTED = frozenset({"receive_meta", "receive_email", "match_rules"})
_ANSWERED = {"mail": _DONE, "ask": _SKIPPED, "tell": _DONE, "end": _DONE, "call": _DONE}
_NOT_ANSWERED = {"mail": _DONE, "ask": _SKIPPED, "tell": _SKIPPED, "end": _SKIPPED, "call": _DONE}
OTHER_STORIES = (
    Story(
        "an answer comes for which a run waits",
        _prepare_asked,
        _an_answer_is_told,
        (Ending("rule_ask", "done", _ANSWERED),),
        _nothing,
    ),
    Story("no answer comes in time", _prepare_asking, _offer, (Ending("rule_ask", "done", _NOT_ANSWERED),), _nothing),
    Story(
        "three rules follow one another",
        _prepare_line,
        lambda stage: stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now(), subject="contact:ada")),
        (
            Ending("rule_3", "done", {"tell": _DONE}),
            Ending("rule_1", "skipped", {"gift": _SKIPPED}),
            Ending("rule_2", "done", {"call": _DONE}),
        ),
        _they_followed_one_another,
    ),
    Story(
        "a run goes one of two ways, and on with a fallback",
        _prepare_branches,
        lambda stage: stage.publish(Event("evt_offer", "hook/shop", "offer.made", stage.now(), subject="contact:ada")),
        (
            Ending(
                "rule_ways",
                "failed",
                {"gift": _SKIPPED, "card": _SKIPPED, "tell": _DONE, "bill": _FAILED, "hello": _SKIPPED, "call": _DONE},
            ),
        ),
        _one_task_is_made,
    ),
    Story(
        "ten o'clock comes",
        _prepare_ten_o_clock,
        lambda stage: stage.tick(),
        (
            Ending("rule_birthday", "done", {"mail": _DONE}),
            Ending("rule_report", "skipped", {"mail": _SKIPPED}),
            Ending("rule_list", "skipped", {"tell": _SKIPPED}, times=2),
        ),
        _nothing,
        frozenset({"fire_due_dates", "enrol_view"}),
    ),
    Story(
        "a deal is won, and one thing leads to another",
        _prepare_deal,
        lambda stage: stage.writes("deal:7", stage="won"),
        (
            Ending("rule_won", "done", {"mark": _DONE}),
            Ending("rule_marked", "done", {"tell": _DONE}),
            Ending("rule_after", "done", {"mail": _DONE}),
        ),
        _the_deal_is_marked_once,
        frozenset({"publish_changes", "publish_outcomes"}),
    ),
    Story(
        "a customer answers a mail",
        _prepare_answer,
        _an_answer_comes,
        (Ending("rule_offer", "stopped", {"mail": _DONE}), Ending("rule_file", "done", {"file": _DONE})),
        _its_attachments_are_kept,
        frozenset({"receive_email"}),
    ),
    Story(
        "a message whose answer was lost was delivered",
        _prepare_lost_answer,
        lambda stage: _whatsapp_reports(stage, "delivered"),
        (Ending("rule_hello", "done", {"hello": _DONE, "call": _DONE}),),
        _nothing,
        _REPORTED,
    ),
    Story(
        "a message that was taken was not delivered after all",
        _prepare_sent,
        lambda stage: _whatsapp_reports(stage, "failed"),
        (Ending("rule_hello", "failed", {"hello": _FAILED}),),
        _nothing,
        _REPORTED,
    ),
    Story(
        "a mail whose answer was lost comes back",
        _prepare_mail_lost,
        _the_mail_comes_back,
        (Ending("rule_mail", "failed", {"mail": _FAILED}), Ending("rule_bounced", "done", {"tell": _DONE})),
        _ada_gets_no_more_mail,
        _REPORTED,
    ),
    Story(
        "a visit is moved, and then brought forward",
        _prepare_visit,
        _the_visit_moves,
        (Ending("rule_visit", "done", {"tell": _DONE, "note": _DONE}),),
        _the_reminder_was_on_the_fourth_of_may,
        frozenset({"match_rules", "advance_sequence"}),
    ),
    Story(
        "a visit is called off",
        _prepare_visit,
        _the_visit_is_called_off,
        (Ending("rule_visit", "done", {"tell": _SKIPPED, "note": _DONE}),),
        _the_note_came_at_once,
        frozenset({"match_rules"}),
    ),
    Story(
        "an order is told twice, and corrected in between",
        _prepare_order,
        _an_order_is_told_twice,
        (Ending("rule_order", "done", {"note": _DONE, "tell": _DONE}),),
        _the_correction_stands,
        frozenset({"receive_webhook"}),
    ),
)
