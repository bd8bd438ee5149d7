"""import_records and manage_imports: a file becomes records, row by row, each once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeSettings
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE
from whenthen.domain.common.errors import AT_FIELD, Conflict, Invalid, NotFound, Temporary, TooLarge
from whenthen.domain.common.reasons import Reason
from whenthen.domain.imports.job import MAX_REFUSALS, Counts, Import, ImportStatus
from whenthen.ports.values import RecordWrite
from whenthen.sources.files.reason_codes import NO_TARGET
from whenthen.usecases.admin import manage_imports
from whenthen.usecases.admin.manage_imports import ManageImports
from whenthen.usecases.records import import_records
from whenthen.usecases.records.reason_codes import RESTS


@pytest.fixture
def world() -> World:
    return World()


def admin(world: World) -> ManageImports:
    return ManageImports(world.imports, world.import_files, world.import_workers, world.rules, world.clock)


def order(world: World, data: bytes | str | list[dict[str, Any]], **more: Any) -> Import:
    """An import with its file, not yet started. A list of rows is written as JSON lines."""
    written = {"kind": "contact", "format": "csv", "rules": "run", **more}
    if isinstance(data, list):
        written, data = {**written, "format": "json_lines"}, "\n".join(json.dumps(row) for row in data)
    work, _ = admin(world).create(written, seed=f"seed{len(world.imports.kept)}", by="key_1")
    world.import_files.kept[work.key] = data.encode() if isinstance(data, str) else data
    return work


def done(world: World, data: bytes | str | list[dict[str, Any]], **more: Any) -> Import:
    """An import that was worked off."""
    work = order(world, data, **more)
    admin(world).start(work.id)
    world.settle()
    return world.imports.get(work.id)


def people(count: int) -> list[dict[str, Any]]:
    return [{"id": f"p{number}", "email": f"p{number}@example.com"} for number in range(count)]


def rule(world: World, **more: Any) -> Any:
    return world.has_rule(
        {"name": f"rule {len(world.rules.current_rules)}", "kind": "contact", "steps": [NOTE], **more}
    )


def runs(world: World) -> list[tuple[str, str | None]]:
    return sorted((run.event_type, run.record) for run in world.all_runs)


# --- rows -----------------------------------------------------------------------------------------


def test_rows_are_found_by_id_or_by_identity_and_made_where_there_is_none(world: World) -> None:
    world.has_record("contact:a", email="a@example.com", city="Izmir")
    world.has_record("contact:b", phone="+905321234567")
    work = done(world, "id,email,phone,city\na,,,Ankara\n,,0532 123 45 67,Bursa\n,new@example.com,,\n")
    assert (work.status, work.counts) == (ImportStatus.DONE, Counts(created=1, updated=2))
    assert world.records.stored["contact:a"].fields == {"email": "a@example.com", "city": "Ankara"}
    assert world.records.stored["contact:b"].fields["city"] == "Bursa"
    assert world.records.find(["email#new@example.com"]) is not None
    assert {record.origin for record in world.records.stored.values()} == {"import"}


def test_a_file_that_is_imported_again_changes_nothing(world: World) -> None:
    done(world, people(250))
    before = dict(world.records.stored)
    work = done(world, people(250))
    assert work.counts == Counts(unchanged=250)
    assert world.records.stored == before


def test_refused_rows_are_told_by_line_and_stop_nothing(world: World) -> None:
    data = 'id,email\n"a\n",a@example.com\nb,nonsense\n\n-,\nbad id!,b@example.com\nc,c@example.com\nd\n'
    work = done(world, data)
    assert (work.status, work.counts) == (ImportStatus.DONE, Counts(created=2, refused=4))
    _, rejections = admin(world).get(work.id)
    assert [rejected_row.line for rejected_row in rejections] == [4, 6, 7, 9]
    reasons = [row.reason for row in rejections]
    assert [reason.code for reason in reasons] == ["input.at_field"] * 3 + ["row.column_count"]
    assert [reason.params["field"] for reason in reasons[:3]] == ["fields.email", "id", "id"]


def test_every_refused_row_is_counted_and_the_first_are_kept(world: World) -> None:
    work = done(world, [{"email": "nonsense"}] * 350 + people(1))
    assert work.counts == Counts(created=1, refused=350)
    assert [rejected_row.line for rejected_row in admin(world).get(work.id)[1]] == list(range(1, MAX_REFUSALS + 1))


def test_a_record_that_grows_too_large_is_refused(world: World) -> None:
    world.has_record("contact:a", note="x" * 200_000)
    work = done(world, [{"id": "a", "more": "y" * 150_000}, {"id": "b", "more": "y"}])
    assert work.counts == Counts(created=1, refused=1)
    [rejected_row] = admin(world).get(work.id)[1]
    assert (rejected_row.reason.code, rejected_row.reason.params["count"]) == ("record.too_large", 300_000)


def test_a_row_whose_identity_no_key_can_hold_is_refused(world: World) -> None:
    work = done(world, [{"id": "a", "whatsapp": "x" * 600}, {"id": "b", "more": "y"}])
    assert work.counts == Counts(created=1, refused=1)
    [rejected_row] = admin(world).get(work.id)[1]
    assert rejected_row.reason.params["field"] == "fields.whatsapp"


def test_rows_about_the_same_person_come_one_after_the_other(world: World) -> None:
    same = [{"email": "a@example.com", "step": number} for number in range(5)]
    work = done(world, [*same, {"id": "x", "email": "a@example.com"}, {"email": "a@example.com", "step": 5}])
    assert work.counts == Counts(created=2, updated=5)
    assert sorted(record.version for record in world.records.stored.values()) == [1, 6]


def test_an_id_of_a_person_who_changed_their_address_is_not_taken(world: World) -> None:
    done(world, [{"email": "a@example.com", "name": "Ay\u015fe"}])
    (first,) = world.records.stored.values()
    world.changes(first.ref, email="new@example.com")
    work = done(world, [{"email": "a@example.com", "name": "Budi"}])
    assert work.counts == Counts(created=1)
    assert {record.fields["name"] for record in world.records.stored.values()} == {"Ay\u015fe", "Budi"}


def test_as_many_rows_as_fit_are_written_at_once(world: World) -> None:
    done(world, people(500))
    assert max(world.imports.batches) > 90
    assert len(world.imports.batches) <= 500 / 45


# --- what rules hear of it ------------------------------------------------------------------------

FROM_A_FILE = {"all": [{"field": "event.origin", "op": "equals", "value": "import"},
                       {"field": "event.data.via", "op": "equals", "value": "import"}]}  # fmt: skip


def test_with_rules_run_imported_records_start_them_and_conditions_see_where_they_are_from(world: World) -> None:
    rule(world, trigger={"event": "contact.created"}, conditions=FROM_A_FILE)
    rule(world, trigger={"event": "contact.created"}, conditions={"not": FROM_A_FILE})
    rule(world, trigger={"event": "contact.created_manually"})
    done(world, people(3))
    assert runs(world) == [("contact.created", f"contact:p{number}") for number in range(3)]


def test_with_rules_skipped_nothing_starts_now_and_everything_later(world: World) -> None:
    for event in ("contact.created", "contact.deleted"):
        rule(world, trigger={"event": event})
    rule(world, trigger={"event": "contact.updated", "field": "city"})
    rule(world, trigger={"enters": {"kind": "contact", "filter": {"field": "record.email", "op": "exists"}}})
    done(world, people(2), rules="skip")
    done(world, [{"id": "p0", "city": "Bursa"}], rules="skip")
    assert runs(world) == []
    world.changes("contact:p0", city="Izmir")
    world.settle()
    assert runs(world) == [("contact.updated", "contact:p0")]


def test_to_enrol_only_lets_every_record_of_the_file_enter_the_rules_it_names(world: World) -> None:
    by_import = {"field": "event.origin", "op": "equals", "value": "import"}  # which has a queue of its own
    named = rule(world, trigger={"manual": True}, conditions=by_import)
    rule(world, trigger={"manual": True}, name="not named")
    rule(world, trigger={"event": "contact.created"})
    world.has_record("contact:p0", email="p0@example.com")
    work = done(world, [*people(130), {"email": "bad"}], rules="enrol", enrol=[named.id])
    assert work.counts == Counts(created=129, unchanged=1, refused=1)
    assert runs(world) == sorted(("rule.started_manually", f"contact:p{number}") for number in range(130))


def test_only_rules_that_are_started_by_hand_can_be_named(world: World) -> None:
    rules = [
        rule(world, trigger={"event": "contact.created"}),
        rule(world, trigger={"manual": True}, mode="off"),
        rule(world, trigger={"manual": True}, kind="deal"),
    ]
    with pytest.raises(Invalid) as refused:
        order(world, "", rules="enrol", enrol=[*(one.id for one in rules), "rule_none"])
    assert [problem.field for problem in refused.value.problems] == [f"enrol[{place}]" for place in range(4)]


# --- interruptions and others ---------------------------------------------------------------------


def test_an_import_is_stopped_and_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_records, "BATCHES", 2)
    named = rule(world, trigger={"manual": True})
    work = order(world, people(500), rules="enrol", enrol=[named.id])
    admin(world).start(work.id)
    world.deliver("imports")
    stopped = admin(world).stop(work.id, by="key_1")
    assert admin(world).stop(work.id, by="key_2") == stopped
    world.settle()
    assert 0 < world.imports.get(work.id).counts.created < 500
    assert stopped.reason == Reason("admin.stopped", {"by": "key_1"})
    admin(world).start(work.id)
    world.settle()
    assert world.imports.get(work.id).counts == Counts(created=500)
    assert len(world.all_runs) == 500


def test_a_call_ends_when_its_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = world.imports.advance

    def slow(after: Import, writes: list[RecordWrite], refused: Any) -> None:
        world.clock.move(seconds=20)
        advance(after, writes, refused)

    monkeypatch.setattr(world.imports, "advance", slow)
    work = order(world, people(500))
    admin(world).start(work.id)
    assert world.functions.import_records(work.id).status is ImportStatus.RUNNING
    assert len(world.imports.batches) == 2
    world.settle()
    assert world.imports.get(work.id).counts == Counts(created=500)


def test_an_import_rests_before_its_execution_is_full(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_records, "BATCHES", 1)
    named = rule(world, trigger={"manual": True})
    work = order(world, people(200), rules="enrol", enrol=[named.id])
    admin(world).start(work.id)
    most = import_records.MAX_CALLS
    assert world.functions.import_records(work.id, most - 1).status is ImportStatus.RUNNING
    rests = world.functions.import_records(work.id, most)
    assert (rests.status, rests.reason) == (ImportStatus.STOPPED, RESTS(count=import_records.MAX_CALLS))
    world.settle()
    assert world.imports.get(work.id).counts.created < 200
    assert admin(world).start(work.id).turn == 2
    world.settle()
    assert world.imports.get(work.id).counts == Counts(created=200)
    assert len(world.all_runs) == 200
    assert world.functions.import_records(work.id, most).status is ImportStatus.DONE


def test_two_workers_at_once_do_no_row_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_records, "BATCHES", 1)
    work = order(world, people(300))
    admin(world).start(work.id)
    world.queues["imports"].add(work.id)
    world.settle()
    assert world.imports.get(work.id).counts == Counts(created=300)
    assert {record.version for record in world.records.stored.values()} == {1}


def test_what_others_change_meanwhile_is_read_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.has_record("contact:p1", email="p1@example.com", city="Izmir")
    advance, meddled = world.imports.advance, []

    def meddling(after: Import, writes: list[RecordWrite], refused: Any) -> None:
        if not meddled:
            meddled.append(True)
            world.changes("contact:p1", city="Bursa")
        advance(after, writes, refused)

    monkeypatch.setattr(world.imports, "advance", meddling)
    work = done(world, [{"id": f"p{number}", "vip": True} for number in range(3)])
    assert work.counts == Counts(created=2, updated=1)
    assert world.records.stored["contact:p1"].fields == {"email": "p1@example.com", "city": "Bursa", "vip": True}


def test_records_that_never_stand_still_put_it_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.has_record("contact:p1", n=0)
    advance = world.imports.advance

    def meddling(after: Import, writes: list[RecordWrite], refused: Any) -> None:
        if any(write.record.id == "p1" for write in writes):
            world.changes("contact:p1", n=world.records.stored["contact:p1"].version)
        advance(after, writes, refused)

    monkeypatch.setattr(world.imports, "advance", meddling)
    work = order(world, [{"id": "p1", "vip": True}])
    admin(world).start(work.id)
    with pytest.raises(Temporary):
        world.functions.import_records(work.id)
    assert world.imports.get(work.id).place.offset == 0


# --- files ----------------------------------------------------------------------------------------


def test_a_file_whose_header_leaves_questions_fails_and_can_be_put_right(world: World) -> None:
    work = done(world, "Full Name,email\nAy\u015fe,a@example.com\n")
    assert (work.status, work.counts) == (ImportStatus.FAILED, Counts())
    assert work.reason == AT_FIELD(field="columns.Full Name", problem=NO_TARGET())
    world.import_files.kept[work.key] = b"full_name,email\nAda,a@example.com\n"
    admin(world).start(work.id)
    world.settle()
    assert world.imports.get(work.id).counts == Counts(created=1)


def test_another_file_is_not_gone_on_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_records, "BATCHES", 1)
    work = order(world, people(200))
    admin(world).start(work.id)
    world.deliver("imports")
    world.import_files.kept[work.key] += b"\n"
    world.settle()
    assert world.imports.get(work.id).status is ImportStatus.FAILED
    with pytest.raises(Conflict, match=r"import\.file_changed"):
        admin(world).start(work.id)


def test_a_file_that_cannot_be_imported_is_refused_when_it_is_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, missing, large = order(world, ""), order(world, "x"), order(world, "x" * 20)
    del world.import_files.kept[missing.key]
    monkeypatch.setattr(manage_imports, "MAX_FILE_BYTES", 10)
    for work, error in ((empty, Invalid), (missing, Conflict), (large, TooLarge)):
        with pytest.raises(error):
            admin(world).start(work.id)
        assert world.imports.get(work.id).status is ImportStatus.WAITING


@pytest.mark.parametrize("data", ["email\n", "email", "\ufeffemail\r\n\r\n"])
def test_a_file_of_nothing_but_its_header_is_done(world: World, data: str) -> None:
    work = done(world, data)
    assert (work.status, work.counts, work.place.offset) == (ImportStatus.DONE, Counts(), work.size)


# --- the admin ------------------------------------------------------------------------------------


def test_the_same_key_orders_the_same_import(world: World) -> None:
    written = {"kind": "contact", "format": "csv", "rules": "skip"}
    first, url = admin(world).create(written, seed="key", by="ayse")
    assert url.startswith(f"https://files.example/imports/{first.id}")
    assert admin(world).create(written, seed="key", by="ayse")[0] == first
    with pytest.raises(Conflict):
        admin(world).create({**written, "rules": "run"}, seed="key", by="ayse")


def test_what_is_done_or_was_never_begun_is_not_started_or_stopped(world: World) -> None:
    waiting, work = order(world, people(1)), done(world, people(1))
    with pytest.raises(Conflict, match="done"):
        admin(world).start(work.id)
    for each in (waiting, work):
        with pytest.raises(Conflict, match=r"import\.not_running"):
            admin(world).stop(each.id, by="key_1")
    with pytest.raises(NotFound):
        admin(world).get("imp_none")


def test_a_start_whose_machine_was_not_reached_is_made_good_by_the_next(world: World) -> None:
    work = order(world, people(1))
    admin(world).start(work.id)
    world.queues["imports"].messages.clear()
    world.import_workers.begun.clear()
    assert admin(world).start(work.id).turn == 1
    world.settle()
    assert world.imports.get(work.id).status is ImportStatus.DONE


def test_a_quiet_change_is_told_apart_from_the_next(world: World) -> None:
    done(world, people(1), rules="skip")
    quiet = world.records.stored["contact:p0"]
    world.changes("contact:p0", city="Bursa")
    assert (quiet.quiet, world.records.stored["contact:p0"].quiet) == (True, False)


def test_blanks_erase_where_the_order_says_so_and_never_a_refusal(world: World) -> None:
    world.has_record("contact:a", city="Bursa", tags=["vip"], consent={"email": False})
    done(world, "id,city,tags,consent.email\na,,,\n")
    assert world.records.stored["contact:a"].version == 1
    done(world, "id,city,tags,consent.email\na,,,\n", blanks="erase")
    assert world.records.stored["contact:a"].fields == {"consent": {"email": False}}


@pytest.mark.parametrize(("delimiter", "blank"), [(";", ";;"), (",", '"",,'), ("\t", " \t\t "), (";", "\u00a0;;")])
def test_rows_of_empty_cells_push_no_refusal_out_of_the_list(world: World, delimiter: str, blank: str) -> None:
    header, wrong = (delimiter.join(cells) for cells in (["id", "email", "city"], ["", "no address", "Bursa"]))
    work = done(world, "\n".join([header, *[blank] * 150, wrong]), delimiter=delimiter)
    assert work.counts == Counts(refused=1)
    assert [row.line for row in world.imports.rejected_rows(work.id)] == [152]


# --- dates ----------------------------------------------------------------------------------------


def rejected(world: World, work: Import) -> list[tuple[int, str, str]]:
    """Line, field and code of each rejected row."""
    found = []
    for row in world.imports.rejected_rows(work.id):
        problem: Any = row.reason.params["problem"]
        found.append((row.line, str(row.reason.params["field"]), problem.code))
    return found


def dates(world: World) -> dict[str, Any]:
    return {ref: record.fields.get("birth_date") for ref, record in world.records.stored.items()}


@pytest.mark.parametrize("lines", [True, False])
def test_dates_that_are_certain_are_read_and_others_are_told(world: World, lines: bool) -> None:
    written = {"a": "14.03.1990", "b": "1990. 3. 14.", "c": "3/14/1990", "d": "03/04/1990", "e": "31.02.1990",
               "f": "soon", "g": "1990-03-14", "h": "14.03.90", "i": "14 Mart 1990",
               "j": "14 Maret 1990", "k": "14 mars 1990"}  # fmt: skip
    rows = [{"id": key, "birth_date": value, "note": "03/04/1990"} for key, value in written.items()]
    csv = "id;birth_date;note\n" + "".join(f"{row['id']};{row['birth_date']};{row['note']}\n" for row in rows)
    work = done(world, rows) if lines else done(world, csv, delimiter=";")
    read = {"contact:a": "1990-03-14", "contact:b": "1990-03-14", "contact:c": "1990-03-14", "contact:f": "soon",
            "contact:g": "1990-03-14", "contact:d": "1990-04-03", "contact:i": "1990-03-14",
            "contact:j": "1990-03-14"}  # fmt: skip
    assert dates(world) == read
    first = 1 if lines else 2
    assert rejected(world, work) == [
        (first + 4, "birth_date", "date.unreadable"),
        (first + 7, "birth_date", "date.ambiguous"),
        (first + 10, "birth_date", "date.unreadable"),
    ]
    assert world.records.stored["contact:a"].fields["note"] == "03/04/1990"


@pytest.mark.parametrize(
    ("order_", "country", "read"),
    [
        ("dmy", None, "1990-04-03"),
        ("mdy", None, "1990-03-04"),
        ("mdy", "TR", "1990-03-04"),
        (None, "TR", "1990-04-03"),
        (None, "US", "1990-03-04"),
        (None, "HU", None),
        (None, None, "1990-04-03"),  # the stack's own country is TR
        ("ymd", "TR", None),
    ],
)
def test_the_import_s_order_goes_before_the_installation_s(
    world: World, order_: str | None, country: str | None, read: str | None
) -> None:
    settings = FakeSettings()
    settings.save("calendar", {"country": country} if country else {})
    manage = ManageImports(world.imports, world.import_files, world.import_workers, world.rules, world.clock, settings)
    written = {"kind": "contact", "format": "json_lines", "rules": "skip"} | ({"date_order": order_} if order_ else {})
    work, _ = manage.create(written, seed="s", by="key_1")
    assert manage.create(written, seed="s", by="key_1")[0] == work
    settings.save("calendar", {"country": "US"})
    assert manage.create(written, seed="s", by="key_1")[0] == work, "what was ordered stays, and so does its key"
    world.import_files.kept[work.key] = b'{"id": "a", "birth_date": "03/04/1990"}'
    manage.start(work.id)
    world.settle()
    assert dates(world) == ({"contact:a": read} if read else {})


@pytest.mark.parametrize(
    ("country", "phone"),
    [("ID", "+628123456789"), ("HU", None), (None, "+908123456789")],
    ids=["ID", "HU", "the stack's own"],
)
def test_numbers_of_a_file_are_read_by_the_installation_s_country(
    world: World, country: str | None, phone: str | None
) -> None:
    """That of the settings when the import is created; a number that is none there is refused."""
    settings = FakeSettings()
    settings.save("calendar", {"country": country} if country else {})
    manage = ManageImports(world.imports, world.import_files, world.import_workers, world.rules, world.clock, settings)
    work, _ = manage.create({"kind": "contact", "format": "json_lines", "rules": "skip"}, seed="s", by="key_1")
    settings.save("calendar", {"country": "US"})
    world.import_files.kept[work.key] = b'{"id": "a", "phone": "0812 3456 789"}'
    manage.start(work.id)
    world.settle()
    stored = world.records.get("contact:a")
    assert (stored.fields["phone"] if stored else None) == phone


@pytest.mark.parametrize("digits", [20, 4_300, 4_301, 5_000])
def test_an_integer_that_is_too_long_is_refused_by_the_name_of_its_field(world: World, digits: int) -> None:
    lines = f'{{"id": "a", "amount": {"9" * digits}}}\n{{"id": "b", "amount": 5}}\n'
    work = done(world, lines, format="json_lines")
    assert rejected(world, work) == [(1, "fields.amount", "number.beyond_64_bits")]
    assert [*world.records.stored] == ["contact:b"]
