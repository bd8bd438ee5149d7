"""All that changes what a rule does is in its sentence: waits, fields and where they stand, entry, zones, steps."""

from __future__ import annotations

import re
from typing import Any

import pytest

from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.conditions.condition import parse_condition
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.rules.rule import Rule, parse_rule

LANGUAGES = ("en", "tr", "hu", "id", "he")
"""In the order of the texts below."""

TAGS = {"id": "t", "action": "add_tags", "with": {"tags": ["vip"]}}


def plain(text: str) -> str:
    return re.sub("[\u2068\u2069]", "", text)


def rule_with(*steps: dict[str, Any], **more: Any) -> Rule:
    """A rule that is started by hand, for records of any kind."""
    return parse_rule({"name": "R", "mode": "on", "trigger": {"manual": True}, "steps": [*steps] or [TAGS], **more})


def details_of(step: dict[str, Any], language: str = "en") -> str:
    """Return the words of a step in parentheses."""
    said = plain(Renderer(language).rule(rule_with({"id": "s", **TAGS, **step})))
    # A step that names an hour is followed by the zone.
    return re.sub(r"\. [^.]*\WUTC\W+$", "", said.partition("vip")[2][1:].strip(" ")).strip(" .")


WAITS: list[tuple[dict[str, Any], tuple[str, str, str, str, str]]] = [
    ({"days": 1}, ("after 1 day", "1 gün sonra", "1 nap múlva", "setelah 1 hari", "אחרי יום אחד")),
    ({"days": 2, "hours": 1},
     ("after 2 days 1 hour", "2 gün 1 saat sonra", "2 nap 1 óra múlva", "setelah 2 hari 1 jam", "אחרי 2 ימים שעה אחת")),
    ({"days": 3, "since": "entry"},
     ("after 3 days, counted from entry", "3 gün sonra, girişten itibaren", "3 nap múlva, a belépéstől számítva",
      "setelah 3 hari, dihitung sejak masuk", "אחרי 3 ימים, מרגע הכניסה")),
    ({"until": {"field": "due_date"}, "since": "entry"},
     ("at the date in “due_date”", "“due_date” tarihinde", "„due_date” dátumán", "pada tanggal di “due_date”",
      "בתאריך שב־“due_date”")),
    ({"until": {"field": "due_date", "days": -3}, "at": "09:00"},
     ("3 days before the date in “due_date”, at 09:00", "“due_date” tarihinden 3 gün önce, saat 09:00",
      "3 nappal „due_date” dátuma előtt, 09:00-kor", "3 hari sebelum tanggal di “due_date”, pukul 09:00",
      "3 ימים לפני התאריך שב־“due_date”, בשעה 09:00")),
    ({"until": {"field": "due_date", "days": 1}, "hours": 2},
     ("1 day after the date in “due_date”, then another 2 hours",
      "“due_date” tarihinden 1 gün sonra, ardından 2 saat daha",
      "1 nappal „due_date” dátuma után, majd további 2 óra", "1 hari setelah tanggal di “due_date”, lalu 2 jam lagi",
      "יום אחד אחרי התאריך שב־“due_date”, ולאחר מכן עוד 2 שעות")),
    ({"hours": 5, "at": "10:00"},
     ("after 5 hours, at the next 10:00", "5 saat sonra, saat ilk kez 10:00 olduğunda",
      "5 óra múlva, a következő 10:00-kor", "setelah 5 jam, pada pukul 10:00 berikutnya",
      "אחרי 5 שעות, בפעם הבאה בשעה 10:00")),
    ({"days": 1, "at": "10:00", "weekdays": ["mon", "fri"]},
     ("after 1 day, at 10:00, on Monday, Friday", "1 gün sonra, saat 10:00, günler: Pazartesi, Cuma",
      "1 nap múlva, 10:00-kor, napok: hétfő, péntek", "setelah 1 hari, pukul 10:00, pada hari Senin, Jumat",
      "אחרי יום אחד, בשעה 10:00, בימים: יום שני, יום שישי")),
    ({"business_days": 2, "at": "10:00"},
     ("after 2 business days, at 10:00", "2 iş günü sonra, saat 10:00", "2 munkanap múlva, 10:00-kor",
      "setelah 2 hari kerja, pukul 10:00", "אחרי 2 ימי עסקים, בשעה 10:00")),
    ({"hours": 1, "business_hours": 4},
     ("after 1 hour 4 business hours", "1 saat 4 iş saati sonra", "1 óra 4 munkaóra múlva",
      "setelah 1 jam 4 jam kerja", "אחרי שעה אחת 4 שעות עבודה")),
    ({"until": {"field": "due_date", "business_days": -2}},
     ("2 business days before the date in “due_date”", "“due_date” tarihinden 2 iş günü önce",
      "2 munkanappal „due_date” dátuma előtt", "2 hari kerja sebelum tanggal di “due_date”",
      "2 ימי עסקים לפני התאריך שב־“due_date”")),
    ({"until": {"field": "due_date", "hours": -2, "minutes": -30}},
     ("2 hours 30 minutes before the date in “due_date”", "“due_date” tarihinden 2 saat 30 dakika önce",
      "2 órával 30 perccel „due_date” dátuma előtt", "2 jam 30 menit sebelum tanggal di “due_date”",
      "2 שעות 30 דקות לפני התאריך שב־“due_date”")),
    ({"until": {"field": "due_date", "days": 1, "hours": -2}},
     ("2 hours before the date in “due_date”, then another 1 day",
      "“due_date” tarihinden 2 saat önce, ardından 1 gün daha",
      "2 órával „due_date” dátuma előtt, majd további 1 nap", "2 jam sebelum tanggal di “due_date”, lalu 1 hari lagi",
      "2 שעות לפני התאריך שב־“due_date”, ולאחר מכן עוד יום אחד")),
    ({"until": {"field": "due_date"}, "past": "skip"},
     ("at the date in “due_date”, not if this is over", "“due_date” tarihinde, bu an geçtiyse yapılmaz",
      "„due_date” dátumán, ha ez már elmúlt, kimarad", "pada tanggal di “due_date”, dilewati jika sudah lewat",
      "בתאריך שב־“due_date”, אם המועד עבר, מדלגים")),
    ({"until": {"field": "due_date"}, "at": "10:00", "past": "run"},
     ("at the date in “due_date”, at 10:00, as soon as possible if this is over",
      "“due_date” tarihinde, saat 10:00, bu an geçtiyse olabildiğince erken",
      "„due_date” dátumán, 10:00-kor, ha ez már elmúlt, amint lehet",
      "pada tanggal di “due_date”, pukul 10:00, secepatnya jika sudah lewat",
      "בתאריך שב־“due_date”, בשעה 10:00, אם המועד עבר, בהקדם האפשרי")),
    ({"days": 3, "since": "entry", "past": "next"},
     ("after 3 days, counted from entry, the next time if this is over",
      "3 gün sonra, girişten itibaren, bu an geçtiyse bir sonraki sefer",
      "3 nap múlva, a belépéstől számítva, ha ez már elmúlt, a következő alkalommal",
      "setelah 3 hari, dihitung sejak masuk, pada kesempatan berikutnya jika sudah lewat",
      "אחרי 3 ימים, מרגע הכניסה, אם המועד עבר, בפעם הבאה")),
]  # fmt: skip


@pytest.mark.parametrize(("wait", "said"), WAITS)
def test_waits(wait: dict[str, Any], said: tuple[str, ...]) -> None:
    assert tuple(details_of({"wait": wait}, language) for language in LANGUAGES) == tuple(f"({each})" for each in said)


@pytest.mark.parametrize("wait", [{}, {"since": "entry"}, {"days": 0}])
def test_a_wait_for_nothing_is_not_said(wait: dict[str, Any]) -> None:
    assert details_of({"wait": wait}) == ""


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"retry": {}, "on_error": "stop", "start": "after_previous"}, ""),
        ({"retry": {"attempts": 1}}, "(attempts: at most 1)"),
        ({"retry": {"attempts": 5}}, "(attempts: at most 5)"),
        ({"retry": {"give_up_after": {"hours": 2}}}, "(given up after 2 hours)"),
        ({"on_error": "continue"}, "(if it fails, the run goes on)"),
        ({"start": "with_previous"}, "(at the same time)"),
        ({"with": {"tags": ["vip"], "record": "company:7"}}, "(record: “company:7”)"),
        ({"only_if": {"field": "now.hour", "op": ">", "value": 9}, "wait": {"minutes": 1}, "on_error": "continue"},
         "(after 1 minute, only if “now.hour” is more than 9, if it fails, the run goes on)"),
    ],
)  # fmt: skip
def test_what_is_not_as_usual_about_a_step(step: dict[str, Any], said: str) -> None:
    assert details_of(step) == said


BRANCHES: list[tuple[str, str, list[str]]] = [
    ("en", "called “last”",
     ["only if “vip” is known", "otherwise on with “last”", "tried again after: 5 minutes, 1 day 2 hours",
      "if it fails, on with “last”"]),
    ("tr", "adı: “last”",
     ["yalnızca şu durumda: “vip” biliniyor", "aksi hâlde devamı: “last”",
      "yeniden denenir, aradaki süre: 5 dakika, 1 gün 2 saat", "başarısız olursa devamı: “last”"]),
    ("hu", "neve: „last”",
     ["csak ha „vip” ismert", "különben folytatás: „last”", "újrapróbálás ennyi idő múlva: 5 perc, 1 nap 2 óra",
      "ha nem sikerül, folytatás: „last”"]),
    ("id", "namanya: “last”",
     ["hanya jika “vip” diketahui", "jika tidak, lanjut ke: “last”", "dicoba lagi setelah: 5 menit, 1 hari 2 jam",
      "jika gagal, lanjut ke: “last”"]),
    ("he", "שמו: “last”",
     ["רק אם “vip” ידוע", "אחרת ממשיכים אל: “last”", "ניסיון חוזר אחרי: 5 דקות, יום אחד 2 שעות",
      "אם הוא נכשל, ממשיכים אל: “last”"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "called", "said"), BRANCHES)
def test_branches_and_retries(language: str, called: str, said: list[str]) -> None:
    delays = [{"minutes": 5}, {"days": 1, "hours": 2, "minutes": 0}]
    vip = {"field": "record.vip", "op": "exists"}
    branching = {"only_if": vip, "else": "last", "retry": {"delays": delays}, "on_error": {"go_to": "last"}}
    rule = rule_with({**TAGS, "id": "a", **branching}, {**TAGS, "id": "b"}, {**TAGS, "id": "last"})
    details = re.findall(r"\((.+?)\)", plain(Renderer(language).rule(rule)))
    assert details == [", ".join(said), called]


EVENT_WAITS: list[tuple[str, list[str]]] = [
    ("en", ["waits for contact: replied or “parcel”: lost, at most 3 days", "if it comes, on with “b”",
            "if it does not come, on with “c”"]),
    ("tr", ["en çok 3 gün", "gelirse devamı: “b”", "gelmezse devamı: “c”"]),
    ("hu", ["legfeljebb 3 nap", "ha megjön, folytatás: „b”", "ha nem jön meg, folytatás: „c”"]),
    ("id", ["paling lama 3 hari", "jika datang, lanjut ke: “b”", "jika tidak datang, lanjut ke: “c”"]),
    ("he", ["לכל היותר 3 ימים", "אם הוא מגיע, ממשיכים אל: “b”", "אם הוא לא מגיע, ממשיכים אל: “c”"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "said"), EVENT_WAITS)
def test_waits_for_events(language: str, said: list[str]) -> None:
    wait = {"on": ["contact.replied", "parcel.lost"], "timeout": {"days": 3}, "then": "b", "else": "c"}
    steps = [{**TAGS, "id": "a", "wait": {"for_event": wait}}, {**TAGS, "id": "b"}, {**TAGS, "id": "c"}]
    whole = plain(Renderer(language).rule(rule_with(*steps)))
    assert [each for each in said if each not in whole] == []


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"action": "set_fields", "with": {"fields": {"a": 1, "b": None, "c": "x"}}},
     "set fields: “a” = 1, “b” = nothing, “c” = “x”"),
    ({"action": "assign_owner", "with": {"from": ["agent:a", "agent:b"]}}, "assign an owner: “agent:a”, “agent:b”"),
    ({"action": "assign_owner", "with": {"from": ["agent:a", "agent:b"], "by": "first", "keep": True}},
     "assign an owner: “agent:a”, “agent:b” (always the first of them, an owner that is there stays)"),
    ({"action": "create_record", "with": {"kind": "order", "fields": {"a": 1}}}, "create a record: “order”"),
    ({"action": "call_webhook", "with": {"url": "https://a.example"}}, "inform another system: “https://a.example”"),
    ({"action": "send_email", "with": {"subject": "x" * 90, "text": "y"}}, f"send an e-mail: “{'x' * 80}…”"),
    ({"action": "send_email", "with": {"to": ["contact", "team:sales"], "subject": "x", "text": "y"}},
     "send an e-mail: “x” (to “contact”, “team:sales”)"),
    ({"action": "send_email", "with": {"to": "a@b.co", "subject": "x", "text": "y", "purpose": "service"}},
     "send an e-mail: “x” (to “a@b.co”, also to those who refuse messages)"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "said"), STEPS)
def test_a_step_is_told_by_what_people_know_it_by(step: dict[str, Any], said: str) -> None:
    assert plain(Renderer("en").rule(rule_with({"id": "s", **step}))).endswith(f"Then: {said}.")


FIELDS: list[tuple[str, tuple[str, str, str, str, str]]] = [
    ("record.a.b", ("“a.b” is known", "“a.b” biliniyor", "„a.b” ismert", "“a.b” diketahui", "“a.b” ידוע")),
    ("before.a.b",
     ("“a.b” before the change is known", "değişiklikten önce “a.b” biliniyor", "„a.b” a változás előtt ismert",
      "“a.b” sebelum perubahan diketahui", "“a.b” לפני השינוי ידוע")),
    ("event.data.a.b",
     ("“a.b” of the event is known", "olaydaki “a.b” biliniyor", "az eseményben szereplő „a.b” ismert",
      "“a.b” pada peristiwa diketahui", "“a.b” של האירוע ידוע")),
    ("related.a.b",
     ("“b” of the record in “a” is known", "“a” kaydındaki “b” biliniyor",
      "a kapcsolódó „a” rekordban szereplő „b” ismert", "“b” pada catatan “a” diketahui",
      "“b” של הרשומה שב־“a” ידוע")),
    ("event.source",
     ("“event.source” is known", "“event.source” biliniyor", "„event.source” ismert", "“event.source” diketahui",
      "“event.source” ידוע")),
    ("record.event.source",
     ("“record.event.source” is known", "“record.event.source” biliniyor", "„record.event.source” ismert",
      "“record.event.source” diketahui", "“record.event.source” ידוע")),
]  # fmt: skip


@pytest.mark.parametrize(("field", "said"), FIELDS)
def test_a_field_says_where_it_stands(field: str, said: tuple[str, ...]) -> None:
    condition = parse_condition({"field": field, "op": "exists"}, "", [])
    assert condition is not None
    assert tuple(plain(Renderer(language).condition(condition)) for language in LANGUAGES) == said


@pytest.mark.parametrize("field", ["event.data", "event.data.a.b", "related.owner.a.b", "now.hour", "record.now.hour"])
def test_every_field_is_said_otherwise_than_that_of_the_record(field: str) -> None:
    def said(name: str) -> str:
        condition = parse_condition({"field": name, "op": "exists"}, "", [])
        assert condition is not None
        return plain(Renderer("en").condition(condition))

    assert said(field) not in (said("record.data"), said("record.hour"), said("record.a.b"), "“” is known")


KIND_ENTRY_ZONE: list[tuple[str, list[str]]] = [
    ("en", ["Kind of record: contact",
            "Entry: each record only once; only records created after the rule was switched on",
            "Time zone: “Europe/Istanbul”"]),
    ("tr", ["Kayıt türü: kişi",
            "Giriş: her kayıt yalnızca bir kez; yalnızca kural açıldıktan sonra oluşturulan kayıtlar",
            "Saat dilimi: “Europe/Istanbul”"]),
    ("hu", ["A rekord típusa: kapcsolat",
            "Belépés: minden rekord csak egyszer; csak a szabály bekapcsolása után létrejött rekordok",
            "Időzóna: „Europe/Istanbul”"]),
    ("id", ["Jenis catatan: kontak",
            "Masuk: setiap catatan hanya satu kali; hanya catatan yang dibuat setelah aturan diaktifkan",
            "Zona waktu: “Europe/Istanbul”"]),
    ("he", ["סוג הרשומה: איש קשר", "כניסה: כל רשומה פעם אחת בלבד; רק רשומות שנוצרו אחרי הפעלת הכלל",
            "אזור זמן: “Europe/Istanbul”"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "parts"), KIND_ENTRY_ZONE)
def test_kind_entry_and_zone_of_a_rule(language: str, parts: list[str]) -> None:
    entry = {"again": "once_per_record", "only_new": True}
    rule = rule_with(kind="contact", entry=entry, time_zone="Europe/Istanbul")
    _, *said, zone = plain(Renderer(language).rule(rule)).rstrip(".").split(". ")
    assert [*said[:2], zone] == parts


ENTRY = [
    ({"again": "after_exit"}, "each record again only when its run is over"),
    ({"again": {"every": {"weeks": 1, "days": 2}}}, "each record at most once in 1 week 2 days"),
    ({"while_running": "ignore"}, "events during a run start none"),
    ({"again": {"every": {"hours": 1}}, "while_running": "restart"},
     "each record at most once in 1 hour; an event during a run stops it and starts anew"),
    ({"debounce": {"seconds": 60}}, "once when no further event came for 60 seconds"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "said"), ENTRY)
def test_how_often_a_record_enters_and_beside_which_runs(entry: dict[str, Any], said: str) -> None:
    assert f"Entry: {said}." in plain(Renderer("en").rule(rule_with(entry=entry)))


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_entry_is_said_in_english_elsewhere(language: str) -> None:
    for entry, _ in ENTRY:
        english, other = (plain(Renderer(name).rule(rule_with(entry=entry))) for name in ("en", language))
        assert not {*english.rstrip(".").split(". ")[1].split("; ")} & {*other.rstrip(".").split(". ")[1].split("; ")}


WEEKLY = {"channel": "whatsapp", "most": 2, "per": {"weeks": 1}}
LIMITS: list[tuple[dict[str, Any], tuple[str, str, str, str, str]]] = [
    ({"limits": {"quiet_hours": {"from": "21:00", "to": "09:00"}}},
     ("Limits: quiet from 21:00 to 09:00.", "Sınırlar: sessiz saatler 21:00–09:00.",
      "Korlátok: csendes órák 21:00–09:00.",
      "Batas: jam tenang 21:00–09:00.", "מגבלות: שעות שקט 21:00–09:00.")),
    ({"limits": {"marketing": [WEEKLY]}},
     ("Limits: at most 2 marketing messages in 7 days, channel “whatsapp”.",
      "Sınırlar: 7 gün içinde en çok 2 pazarlama mesajı, kanal “whatsapp”.",
      "Korlátok: legfeljebb 2 marketingüzenet, időszak: 7 nap, csatorna: „whatsapp”.",
      "Batas: paling banyak 2 pesan pemasaran dalam 7 hari, saluran “whatsapp”.",
      "מגבלות: לכל היותר 2 הודעות שיווק, תקופה: 7 ימים, ערוץ “whatsapp”.")),
    ({"limits": {"marketing": [{"channel": "any", "most": 1, "per": {"hours": 25, "minutes": 5}}]}, "priority": -3},
     ("Limits: at most 1 marketing messages in 1 day 1 hour 5 minutes, all channels. Priority: -3.",
      "Sınırlar: 1 gün 1 saat 5 dakika içinde en çok 1 pazarlama mesajı, tüm kanallar. Öncelik: -3.",
      "Korlátok: legfeljebb 1 marketingüzenet, időszak: 1 nap 1 óra 5 perc, minden csatorna. Prioritás: -3.",
      "Batas: paling banyak 1 pesan pemasaran dalam 1 hari 1 jam 5 menit, semua saluran. Prioritas: -3.",
      "מגבלות: לכל היותר 1 הודעות שיווק, תקופה: יום אחד שעה אחת 5 דקות, כל הערוצים. עדיפות: -3.")),
]  # fmt: skip


@pytest.mark.parametrize(("part", "said"), LIMITS)
def test_limits_and_priority(part: dict[str, Any], said: tuple[str, ...]) -> None:
    for language, expected in zip(LANGUAGES, said, strict=True):
        assert expected in plain(Renderer(language).rule(rule_with(**part)))


def test_an_urgent_message_is_said_to_be() -> None:
    mail = {"id": "m", "action": "send_email", "with": {"subject": "Hi", "text": "Hi"}, "urgent": True}
    said = [plain(Renderer(language).rule(rule_with(mail))) for language in LANGUAGES]
    words = ("urgent", "acil", "sürgős", "mendesak", "דחוף")
    assert all(f"({word})" in sentence for word, sentence in zip(words, said, strict=True))


RECORD = ("about the same record", "aynı kayıt hakkında", "ugyanarról a rekordról", "tentang catatan yang sama",
          "לגבי אותה רשומה")  # fmt: skip
CUSTOMER = ("about the same customer", "aynı müşteri hakkında", "ugyanarról az ügyfélről",
            "tentang pelanggan yang sama", "לגבי אותו לקוח")  # fmt: skip
INVOICE_SENT = {"trigger": {"event": "invoice.sent"}}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"kind": "invoice", "exit": {"on": ["invoice.paid"]}}, RECORD),
        ({"kind": "invoice", "exit": {"on": ["contact.replied"]}}, CUSTOMER),
        ({"kind": "invoice", "exit": {"on": ["invoice.paid"], "of": "customer"}}, CUSTOMER),
        ({"kind": "invoice", "exit": {"on": ["contact.replied"], "of": "record"}}, RECORD),
        ({**INVOICE_SENT, "exit": {"on": ["invoice.paid"]}}, RECORD),
        ({**INVOICE_SENT, "exit": {"on": ["quote.signed"]}}, CUSTOMER),
        ({"trigger": {"event": ["invoice.sent", "quote.sent"]}, "exit": {"on": ["invoice.paid"]}}, CUSTOMER),
        ({"trigger": {"event": "email.received"}, "exit": {"on": ["email.bounced"]}}, CUSTOMER),
        (
            {"trigger": {"date": {"kind": "invoice", "field": "due_date"}}, "exit": {"on": ["invoice.paid"]}},
            RECORD,
        ),
    ],
)
def test_whether_an_exit_is_about_the_record_or_the_customer(parts: dict[str, Any], said: tuple[str, ...]) -> None:
    for language, text in zip(LANGUAGES, said, strict=True):
        sentence = plain(Renderer(language).rule(rule_with(**parts)))
        assert f"({text})" in sentence
        assert sentence.count("(") == 1


def test_each_exit_says_whose_it_is() -> None:
    rule = rule_with(kind="invoice", exit={"on": ["invoice.paid", "contact.replied"]})
    said = plain(Renderer("en").rule(rule))
    assert "invoice: paid (about the same record)" in said
    assert "contact: replied (about the same customer)" in said


def test_what_holds_anyhow_is_not_said() -> None:
    usual = rule_with(entry={"again": "always", "only_new": False}, time_zone="UTC", conditions=None, exit={"on": []})
    assert plain(Renderer("en").rule(usual)) == "When: somebody starts it by hand. Then: add tags: “vip”."


@pytest.mark.parametrize(
    ("part", "clocks"),
    [
        ({}, False),
        ({"steps": [{"id": "s", **TAGS, "wait": {"days": 1}}]}, False),
        ({"steps": [{"id": "s", **TAGS, "wait": {"hours": 3}}]}, False),
        ({"steps": [{"id": "s", **TAGS, "wait": {"days": 1, "at": "10:00"}}]}, True),
        ({"steps": [{"id": "s", **TAGS, "wait": {"weekdays": ["mon"]}}]}, True),
        ({"steps": [{"id": "s", **TAGS, "wait": {"business_days": 1}}]}, True),
        ({"steps": [{"id": "s", **TAGS, "wait": {"business_hours": 1}}]}, True),
        ({"steps": [{"id": "s", **TAGS, "wait": {"until": {"field": "record.due"}}}]}, True),
        ({"trigger": {"date": {"kind": "lead", "field": "birth_date", "yearly": True}}}, True),
        ({"trigger": {"schedule": {"cron": "0 9 * * mon"}}}, True),
        ({"limits": {"quiet_hours": {"from": "21:00", "to": "09:00"}}}, True),
        ({"limits": {"marketing": [{"channel": "any", "most": 1, "per": {"days": 1}}]}}, False),
        ({"trigger": {"schedule": {"at": "2026-03-14T09:00:00Z"}}}, False),
        ({"conditions": {"field": "now.weekday", "op": "equals", "value": "mon"}}, True),
        ({"conditions": {"not": {"field": "record.at", "op": "before", "value": "today"}}}, True),
        ({"conditions": {"field": "record.at", "op": "between", "value": ["09:00", "18:00"]}}, True),
        ({"conditions": {"field": "record.amount", "op": "between", "value": [1, 2]}}, False),
        ({"conditions": {"field": "record.status", "op": "equals", "value": "new"}}, False),
        ({"exit": {"when": {"field": "record.due", "op": "after", "value": "2026-01-01"}}}, True),
    ],
)
def test_a_rule_that_names_hours_or_days_says_its_zone_even_if_it_is_utc(part: dict[str, Any], clocks: bool) -> None:
    document = {"name": "R", "mode": "on", "trigger": {"manual": True}, "steps": [{"id": "s", **TAGS}], **part}
    assert ("Time zone: “UTC”" in plain(Renderer("en").rule(parse_rule(document)))) is clocks
    elsewhere = plain(Renderer("en").rule(parse_rule({**document, "time_zone": "Asia/Jakarta"})))
    assert "Time zone: “Asia/Jakarta”" in elsewhere


def test_conditions_by_the_clocks_of_another_zone_say_so() -> None:
    def asked(zone: str | None) -> dict[str, Any]:
        return {"field": "now.hour", "op": "<", "value": 9, **({"zone": zone} if zone else {})}

    def said(zone: str | None) -> str:
        steps = [{**TAGS, "only_if": {"not": asked(zone)}}]
        rule = rule_with(*steps, conditions=asked(zone), exit={"when": asked(zone)}, time_zone="Asia/Jakarta")
        return plain(Renderer("en").rule(rule))

    assert said("Asia/Tokyo").count("“now.hour” is less than 9 (in the time zone “Asia/Tokyo”)") == 3
    assert "in the time zone" not in said(None) + said("Asia/Jakarta")
    night = {"field": "record.at", "op": "between", "value": ["22:00", "06:00"], "zone": "Asia/Tokyo"}
    view = {"kind": "contact", "filter": night}
    assert "in the time zone “Asia/Tokyo”" in plain(Renderer("en").rule(rule_with(trigger={"enters": view})))


LENGTHS: list[tuple[str, Any, tuple[str, str, str, str, str]]] = [
    ("within_last", {"days": 1},
     ("“at” is within the last 1 day", "“at” son 1 gün içinde", "„at” az elmúlt 1 nap során volt",
      "“at” dalam 1 hari terakhir", "“at” היה לפני יום אחד לכל היותר")),
    ("within_last", {"hours": 2},
     ("“at” is within the last 2 hours", "“at” son 2 saat içinde", "„at” az elmúlt 2 óra során volt",
      "“at” dalam 2 jam terakhir", "“at” היה לפני 2 שעות לכל היותר")),
    ("within_next", {"weeks": 1},
     ("“at” is within the next 1 week", "“at” önümüzdeki 1 hafta içinde", "„at” a következő 1 hét során lesz",
      "“at” dalam 1 minggu ke depan", "“at” יהיה בעוד שבוע אחד לכל היותר")),
    ("before", {"ago": {"days": 3, "hours": 1}},
     ("“at” is before 3 days 1 hour ago", "“at” şundan önce: 3 gün 1 saat önce",
      "„at” korábbi, mint 3 nappal 1 órával ezelőtt", "“at” sebelum 3 hari 1 jam yang lalu",
      "“at” לפני המועד הזה: לפני 3 ימים שעה אחת")),
    ("after", {"ahead": {"minutes": 1}},
     ("“at” is after 1 minute from now", "“at” şundan sonra: 1 dakika sonra", "„at” későbbi, mint 1 perc múlva",
      "“at” sesudah 1 menit lagi", "“at” אחרי המועד הזה: בעוד דקה אחת")),
]  # fmt: skip


@pytest.mark.parametrize(("op", "value", "said"), LENGTHS)
def test_one_and_several(op: str, value: Any, said: tuple[str, ...]) -> None:
    predicate = parse_condition({"field": "record.at", "op": op, "value": value}, "", [])
    assert isinstance(predicate, Predicate)
    assert tuple(plain(Renderer(language).condition(predicate)) for language in LANGUAGES) == said
