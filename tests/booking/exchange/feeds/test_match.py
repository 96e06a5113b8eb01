"""What lines come to, given what is stored: `plan` alone, without a database."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.exchange.feeds import match, parse
from booking.exchange.feeds.match import ScheduleRef, Snapshot
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.upsert import StoredSlot, line_digest
from booking.exchange.fhir_systems import CAPACITY
from booking.models import EPOCH, OFF_SALE

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
START, END = datetime(2026, 12, 2, 14, tzinfo=UTC), datetime(2026, 12, 2, 14, 30, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SAID_AT = NOW - HOUR
SCHEDULES = {
    "mr": ScheduleRef(1, 10, None, "MR"),
    "van": ScheduleRef(2, 11, 5, "CT"),
    "theirs": None,
}
DAY_BEFORE = {"start": "2026-12-01T14:00:00Z", "end": "2026-12-01T14:30:00Z"}
STOPS = {5: [(date(2026, 12, 2), date(2026, 12, 2), 12)]}


def line(name="s1", schedule="mr", status="free", stamp=SAID_AT, capacity=1, **changes):
    return json.dumps({
        "resourceType": "Slot",
        "id": name,
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": status,
        "start": START.isoformat(),
        "end": END.isoformat(),
        "extension": [{"url": CAPACITY, "valueInteger": capacity}],
        **({"meta": {"lastUpdated": stamp.isoformat()}} if stamp else {}),
        **changes,
    }).encode()  # fmt: skip


def stored(pk=100, status="free", said_at=SAID_AT, stamped=True, booked=False, **changes):
    fields = StoredSlot(pk, 1, 10, "MR", START, END, status, said_at, 0, stamped, booked)
    return fields._replace(**changes)


def plan(*lines, places=None, occupied=(), taken_at=None, now=NOW, **decided):
    """Plan lines; `places` are stored, by (id, seat), or by seat alone if they are of s1."""
    known = {
        key if isinstance(key, tuple) else ("s1", key): at for key, at in (places or {}).items()
    }
    snapshot = Snapshot(SCHEDULES, STOPS, known, frozenset(occupied), taken_at or {})
    read = [(number, text, parse.parse(text)) for number, text in enumerate(lines, 1)]
    return match.plan("RTX", read, snapshot, Report(outcomes={}), now, **decided)


def seats(planned):
    return [(row.external_id, row.seat, row.status) for row in planned.rows]


def test_a_new_slot_becomes_a_row_for_each_place_with_all_that_its_line_says():
    text = line(capacity=2)

    planned = plan(text)

    assert planned.report.outcomes == {1: "created"}
    assert seats(planned) == [("s1", 0, "free"), ("s1", 1, "free")]
    row = planned.rows[0]
    assert (row.trust_id, row.schedule_id, row.site_id, row.modality) == ("RTX", 1, 10, "MR")
    assert (row.start, row.end, row.fed_at) == (START, END, SAID_AT)
    assert (row.free_at, row.line_digest, row.is_stamped) == (EPOCH, line_digest(text), True)
    assert planned.touched == {START}
    assert planned.named == planned.endangered == planned.doubled == planned.deferred == []


@pytest.mark.parametrize("meta", [{"meta": {}}, {}], ids=["empty", "none"])
def test_a_line_without_a_stamp_is_of_now_and_says_so(meta):
    (row,) = plan(line(stamp=None, **meta)).rows

    assert (row.fed_at, row.is_stamped) == (NOW, False)


def test_a_mobile_scanners_slot_is_where_it_stops_that_day():
    (row,) = plan(line(schedule="van")).rows

    assert (row.schedule_id, row.site_id, row.modality) == (2, 12, "CT")


@pytest.mark.parametrize(
    ("schedule", "changes", "code", "said"),
    [
        ("theirs", {}, "forbidden", "Schedule/theirs is another trust"),
        ("none", {}, "not-found", "Schedule/none: send this Schedule first"),
        ("mr", {"end": START.isoformat()}, "value", "end must be after start"),
        ("van", DAY_BEFORE, "not-found", "no stop on 2026-12-01"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_matched_is_refused_and_the_next_is_not(
    schedule, changes, code, said
):
    planned = plan(line(schedule=schedule, **changes), line(name="s2"))

    (refusal,) = planned.report.refusals
    assert (refusal.line, refusal.code, refusal.item) == (1, code, "Slot/s1")
    assert said in refusal.what
    ((number, error, item),) = planned.refused
    assert (number, error.schedule, item) == (1, schedule, "Slot/s1")
    assert seats(planned) == [("s2", 0, "free")]
    assert [fed.external_id for fed in planned.matched] == ["s2"]


def test_every_line_that_fits_counts_as_usable_and_the_youngest_stamp_is_kept():
    planned = plan(line(), line(name="s2", stamp=SAID_AT + MINUTE), line(stamp=SAID_AT - MINUTE))

    assert (planned.report.usable, planned.report.newest) == (3, SAID_AT + MINUTE)
    assert planned.report.outcomes == {1: "created", 2: "created", 3: "stale"}


@pytest.mark.parametrize(
    ("said_at", "status", "outcome", "written"),
    [
        (SAID_AT - SECOND, "busy", "updated", ["busy"]),
        (SAID_AT - SECOND, "free", "unchanged", ["free"]),
        (SAID_AT, "busy", "updated", ["busy"]),
        (SAID_AT, "free", "unchanged", ["free"]),
        (SAID_AT + SECOND, "free", "stale", []),
    ],
)
def test_a_word_that_is_older_than_what_is_stored_changes_nothing(
    said_at, status, outcome, written
):
    planned = plan(line(status=status), places={0: stored(said_at=said_at)})

    assert planned.report.outcomes == {1: outcome}
    assert [row.status for row in planned.rows] == written
    assert planned.named == ([] if outcome == "stale" else [100])


def test_a_stale_word_adds_no_places():
    older = plan(line(capacity=3), line(name="s2"), places={0: stored(said_at=NOW)})

    assert seats(older) == [("s2", 0, "free")]
    assert older.report.outcomes == {1: "stale", 2: "created"}


def test_a_line_that_is_stored_as_it_is_is_named_and_not_written_again():
    planned = plan(line(), places={0: stored(line_digest=line_digest(line()))})

    assert (planned.rows, planned.touched, planned.named) == ([], set(), [100])
    assert planned.report.outcomes == {1: "unchanged"}


def test_a_line_that_adds_a_place_is_an_update_that_names_all_that_stand():
    planned = plan(line(stamp=NOW, capacity=3), places={0: stored(), 1: stored(pk=101)})

    assert planned.report.outcomes == {1: "updated"}
    assert [row.seat for row in planned.rows] == [0, 1, 2]
    assert planned.named == [100, 101]


def test_a_slot_that_moves_touches_where_it_was_and_where_it_will_be():
    later = {"start": (START + HOUR).isoformat(), "end": (END + HOUR).isoformat()}

    planned = plan(line(stamp=NOW, **later), places={0: stored()})

    assert planned.touched == {START, START + HOUR}
    assert planned.report.outcomes == {1: "updated"}


def test_all_lines_of_a_body_add_up():
    places = {("s1", 0): stored(), ("s2", 0): stored(pk=200, start=START + HOUR, end=END + HOUR)}
    later = {"start": (START + HOUR).isoformat(), "end": (END + HOUR).isoformat()}

    planned = plan(
        line(stamp=NOW, status="busy"), line("s2", stamp=NOW, status="busy", **later),
        places=places,
    )  # fmt: skip

    assert (planned.named, planned.touched) == ([100, 200], {START, START + HOUR})
    assert planned.report.updated == 2


GIVEN_UP = line(stamp=NOW, status="entered-in-error")


def test_a_line_that_takes_times_away_waits_for_the_end_of_the_body():
    planned = plan(
        GIVEN_UP, line(name="s2"), places={0: stored(), 1: stored(pk=101, status="busy")}
    )

    assert planned.deferred == [(GIVEN_UP, [100], [100, 101])]
    assert planned.report.deferred == {"s1": 1}
    assert (seats(planned), planned.named) == ([("s2", 0, "free")], [])
    assert planned.report.outcomes == {2: "created"}


def test_once_it_is_decided_it_is_done():
    report = plan(GIVEN_UP, places={0: stored()}, take=True)

    assert (report.deferred, report.report.deferred) == ([], {})
    assert report.report.outcomes == {1: "withdrawn"}
    assert (seats(report), report.named) == ([("s1", 0, "withdrawn")], [100])


def test_a_line_that_names_the_time_again_waits_for_nothing_more():
    known = Report(outcomes={}, deferred={"s1": 7, "s2": 8})
    read = [(9, line(stamp=NOW), parse.parse(line(stamp=NOW)))]
    snapshot = Snapshot(SCHEDULES, STOPS, {("s1", 0): stored()}, frozenset(), {})

    match.plan("RTX", read, snapshot, known, NOW)

    assert known.deferred == {"s2": 8}


def test_what_has_begun_is_taken_at_once():
    planned = plan(GIVEN_UP, places={0: stored(booked=True)}, now=START)

    assert (planned.deferred, planned.endangered) == ([], [100])


@pytest.mark.parametrize(
    ("changes", "endangered"),
    [({"status": "entered-in-error"}, True), ({"end": START.replace(hour=16).isoformat()}, True),
     ({"status": "busy"}, False), ({}, False)],
)  # fmt: skip
def test_a_booking_is_in_danger_only_where_it_cannot_stand(changes, endangered):
    planned = plan(line(stamp=NOW, **changes), places={0: stored(booked=True)}, take=True)

    assert planned.endangered == ([100] if endangered else [])
    assert planned.doubled == []


# --- a known slot under a new id


KEY = (1, START, END)


@pytest.mark.parametrize(
    ("status", "free_at"), [("free", OFF_SALE), ("busy", None)], ids=["free", "busy"]
)
def test_a_new_id_at_a_time_that_has_another_is_sold_to_nobody_yet(status, free_at):
    planned = plan(line(status=status, capacity=2), occupied=[KEY])

    assert planned.report.new_ids == {"s1": "created"}
    assert [(row.free_at, row.line_digest) for row in planned.rows] == [(free_at, 0)] * 2


@pytest.mark.parametrize(
    "key",
    [(2, START, END), (1, START + MINUTE, END), (1, START, END + MINUTE)],
    ids=["schedule", "start", "end"],
)
def test_a_new_id_at_a_time_of_its_own_is_sold(key):
    planned = plan(line(), occupied=[key])

    assert (planned.report.new_ids, planned.rows[0].free_at) == ({}, EPOCH)
    assert planned.rows[0].line_digest


def test_a_known_id_that_gets_more_room_is_no_new_id():
    planned = plan(line(stamp=NOW, capacity=2), places={0: stored()}, occupied=[KEY])

    assert planned.report.new_ids == {}
    assert [row.free_at for row in planned.rows] == [EPOCH, EPOCH]


# --- busy before it was booked here


@pytest.mark.parametrize(
    ("taken_at", "status", "booked", "doubled"),
    [
        (SAID_AT + SECOND, "busy", True, True),
        (SAID_AT, "busy", True, False),
        (SAID_AT - SECOND, "busy", True, False),
        (None, "busy", True, False),
        (SAID_AT + SECOND, "free", True, False),
        (SAID_AT + SECOND, "busy", False, False),
    ],
)
def test_busy_from_before_our_booking_is_no_echo_of_it(taken_at, status, booked, doubled):
    planned = plan(
        line(status=status),
        places={0: stored(said_at=SAID_AT - HOUR, booked=booked)},
        taken_at={100: taken_at} if taken_at else {},
    )

    assert planned.doubled == ([100] if doubled else [])
    assert planned.report.doubled == doubled
    assert planned.endangered == []


def test_every_such_seat_counts():
    places = {n: stored(pk=100 + n, said_at=SAID_AT - HOUR, booked=True) for n in range(2)}

    planned = plan(line(status="busy", capacity=2), places=places, taken_at={100: NOW, 101: NOW})

    assert (planned.doubled, planned.report.doubled) == ([100, 101], 2)


# --- closing words, and clocks


def closing(says="busy", behind=MINUTE, **kept):
    """Plan a closing word that is stamped so much before what is stored."""
    return plan(line(status=says, stamp=NOW - behind), places={0: stored(said_at=NOW, **kept)})


@pytest.mark.parametrize(
    ("behind", "kept", "used"),
    [
        (SECOND, {}, True),
        (parse.AHEAD, {}, True),
        (parse.AHEAD + SECOND, {}, False),
        (parse.AHEAD + SECOND, {"stamped": False}, True),
        (SECOND, {"status": "busy"}, False),
        (SECOND, {"status": "withdrawn"}, False),
    ],
)
def test_a_closing_word_counts_if_clocks_alone_may_have_made_it_older(behind, kept, used):
    planned = closing(behind=behind, **kept)

    assert planned.report.doubtful == used
    assert planned.report.outcomes == {1: "updated" if used else "stale"}
    if used:
        (row,) = planned.rows
        assert (row.status, row.fed_at) == ("busy", NOW)
        assert row.is_stamped is kept.get("stamped", True)


def test_an_opening_word_or_one_that_is_not_older_is_never_in_doubt():
    assert closing(says="free").report.outcomes == {1: "stale"}
    for behind in (timedelta(0), -SECOND):
        planned = closing(behind=behind)
        assert (planned.report.doubtful, planned.report.outcomes) == (0, {1: "updated"})
    assert closing(says="free").report.doubtful == 0
    assert plan(line(status="busy")).report.doubtful == 0


def test_about_seats_that_are_booked_a_person_is_asked():
    places = {
        0: stored(said_at=NOW),
        1: stored(pk=101, said_at=NOW, booked=True),
        2: stored(pk=102, said_at=NOW, booked=True),
        ("other", 0): stored(pk=200, said_at=NOW, booked=True),
    }

    planned = plan(line(status="busy", stamp=NOW - MINUTE, capacity=3), places=places)

    assert (planned.doubled, planned.report.doubled) == ([101, 102], 2)
    assert (planned.report.doubtful, planned.rows) == (0, [])
    assert planned.report.outcomes == {1: "stale"}


def test_doubts_of_a_body_add_up():
    older = [line(name, status="busy", stamp=NOW - MINUTE) for name in ("s1", "s2")]
    for booked in (True, False):
        places = {
            (name, 0): stored(pk=pk, said_at=NOW, booked=booked)
            for name, pk in (("s1", 100), ("s2", 200))
        }

        planned = plan(*older, places=places)

        assert planned.doubled == ([100, 200] if booked else [])
        assert (planned.report.doubled, planned.report.doubtful) == ((2, 0) if booked else (0, 2))


# --- two lines about one slot


@pytest.mark.parametrize(
    ("first", "second", "stale"),
    [(SAID_AT, NOW, 1), (NOW, SAID_AT, 2), (NOW, NOW, 1)],
    ids=["older first", "newer first", "one stamp"],
)
def test_of_two_lines_about_one_slot_the_newer_counts_and_the_later_of_one_stamp(
    first, second, stale
):
    planned = plan(line(stamp=first), line(stamp=second, status="busy"))

    assert planned.report.outcomes == {stale: "stale", 3 - stale: "created"}
    assert seats(planned) == [("s1", 0, "free" if stale == 2 else "busy")]
    assert len(planned.matched) == 2


# --- what is read for it
