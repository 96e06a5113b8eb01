"""What a word on a slot is held against, what it becomes, and the statement that writes it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from booking.appointments import holds
from booking.exchange.feeds import upsert
from booking.exchange.feeds.upsert import FedSlot, StoredSlot
from booking.models import EPOCH, OFF_SALE, Slot
from tests.booking.conftest import NOW

START, END = datetime(2026, 12, 2, 14, tzinfo=UTC), datetime(2026, 12, 2, 14, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OTHERWISE = [
    {"schedule_id": 2}, {"site_id": 11}, {"modality": "CT"}, {"start": START - MINUTE},
    {"end": END + MINUTE},
]  # fmt: skip


@pytest.fixture
def row(make_slot):
    """The row of a stored slot, as its trust would send it again."""
    stored = make_slot(external_id="s1")
    return upsert.SlotRow(**{name: getattr(stored, name) for name in upsert.COLUMNS})


def test_an_older_word_that_comes_late_changes_nothing(row, now):
    older = replace(row, status="withdrawn", free_at=None, fed_at=row.fed_at - timedelta(hours=1))

    upsert.write(upsert.prepared([older], now=now))

    assert Slot.objects.get().status == "free"


def test_a_newer_word_changes_the_row(row, now):
    newer = replace(row, status="busy", free_at=None, fed_at=row.fed_at + timedelta(hours=1))

    upsert.write(upsert.prepared([newer], now=now))

    assert Slot.objects.get().status == "busy"


@pytest.mark.parametrize(("hours", "status", "news"), [
    (1, "free", True), (0, "free", False), (0, "busy", True), (-1, "busy", False),
])  # fmt: skip
def test_only_what_is_not_older_is_news(row, hours, status, news):
    word = replace(row, status=status, fed_at=row.fed_at + timedelta(hours=hours))

    stored = upsert.stored_seats(row.trust_id, ["s1"], lock=False)
    assert upsert.is_newer(stored["s1", 0], word) is news


@pytest.mark.parametrize(("moment", "part", "weekend"), [
    (datetime(2026, 12, 2, 11, 59, tzinfo=UTC), "morning", False),
    (datetime(2026, 12, 2, 12, 0, tzinfo=UTC), "afternoon", False),
    (datetime(2026, 12, 2, 17, 0, tzinfo=UTC), "evening", False),
    (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), "morning", True),  # 00:30 on Sunday, summer
    (datetime(2026, 10, 25, 16, 30, tzinfo=UTC), "afternoon", True),  # the clocks went back
    (datetime(2027, 3, 29, 16, 0, tzinfo=UTC), "evening", False),  # 5pm, summer time
    (datetime(2026, 11, 29, 23, 59, tzinfo=UTC), "evening", True),
    (datetime(2026, 11, 27, 23, 59, tzinfo=UTC), "evening", False),  # Friday
    (datetime(2026, 11, 28, 0, 0, tzinfo=UTC), "morning", True),  # Saturday
    (datetime(2026, 11, 30, 0, 0, tzinfo=UTC), "morning", False),  # Monday
])  # fmt: skip
def test_parts_of_day_and_weekends_are_englands(moment, part, weekend):
    assert (upsert.daypart(moment), upsert.is_weekend(moment)) == (part, weekend)


# --- one word against what is stored


FED = FedSlot(1, "s1", 1, 10, "MR", START, END, "free", NOW, 1, 77, True)
STORED = StoredSlot(100, 1, 10, "MR", START, END, "free", NOW, 77, True, False)


def word(kept=True, seat=0, **changes):
    """Return a row as its trust says it now."""
    ((_, row),) = upsert.rows_for("RTX", FED._replace(**changes), {})
    return row


def test_a_new_slots_row_has_all_that_is_known_of_it():
    assert word() == upsert.SlotRow(
        trust_id="RTX", external_id="s1", seat=0, schedule_id=1, site_id=10, modality="MR",
        start=START, end=END, daypart="afternoon", weekend=False, status="free", fed_at=NOW,
        free_at=EPOCH, line_digest=77, is_stamped=True, reserved_until=EPOCH,
    )  # fmt: skip
    assert word(status="busy").free_at is None
    assert not word(is_stamped=False).is_stamped


@pytest.mark.parametrize("change", OTHERWISE, ids=str)
def test_another_schedule_place_kind_or_time_is_another_slot(change):
    row = word(**change)
    same = word()

    assert upsert.content_differs(STORED, row)
    assert upsert.breaks_booking(STORED, row)
    assert upsert.takes_away(STORED._replace(is_booked=True), row, NOW)
    assert not upsert.takes_away(STORED, row, NOW), "on offer still, elsewhere"
    assert not upsert.content_differs(STORED, same)
    assert not upsert.breaks_booking(STORED, same)


@pytest.mark.parametrize(
    ("stored", "said", "booked", "differs"),
    [
        ("free", "free", False, False),
        ("free", "busy", False, True),
        ("free", "busy", True, False),
        ("free", "withdrawn", True, True),
        ("busy", "busy", False, False),
        ("busy", "free", False, True),
    ],
)
def test_busy_about_a_booked_time_says_nothing_new(stored, said, booked, differs):
    kept = STORED._replace(status=stored, is_booked=booked)

    assert upsert.content_differs(kept, word(status=said)) is differs


@pytest.mark.parametrize("status", ["free", "busy", "busy-unavailable", "withdrawn"])
@pytest.mark.parametrize("stored", ["free", "busy", "busy-unavailable", "withdrawn"])
@pytest.mark.parametrize("booked", [True, False])
@pytest.mark.parametrize("until", [MINUTE, timedelta(0), -MINUTE])
def test_only_a_time_to_come_that_somebody_has_or_may_have_is_taken_away(
    status, stored, booked, until
):
    kept = STORED._replace(status=stored, is_booked=booked)
    closed = status in ("busy-unavailable", "withdrawn")

    taken = upsert.takes_away(kept, word(status=status), START - until)

    assert taken is (until > timedelta(0) and closed and (booked or stored == "free"))
    assert upsert.breaks_booking(kept, word(status=status)) is closed


@pytest.mark.parametrize(
    ("hours", "changes", "news"),
    [
        (1, {}, True),
        (0, {}, False),
        (0, {"line_digest": 78}, True),
        (0, {"end": END + MINUTE}, True),
        (-1, {"line_digest": 78, "end": END + MINUTE}, False),
    ],
)
def test_news_is_younger_or_another_word_of_the_same_moment(hours, changes, news):
    row = word(fed_at=NOW + hours * HOUR, **changes)

    assert upsert.is_newer(STORED, row) is news
    assert upsert.is_newer(None, row)


# --- places of one slot


def room(capacity, *booked, stored=3):
    """Return each place's status for such a capacity; of the stored ones some are booked."""
    known = {
        ("s1", seat): STORED._replace(pk=100 + seat, is_booked=seat in booked)
        for seat in range(stored)
    }
    known["s2", 3] = STORED
    places = upsert.rows_for("RTX", FED._replace(capacity=capacity), known)
    for seat, (was, row) in enumerate(places):
        assert (row.seat, was) == (seat, known.get(("s1", seat)))
        assert (row.free_at is None) is (row.status == "withdrawn")
    return [row.status for _, row in places]


@pytest.mark.parametrize(
    ("capacity", "booked", "stored", "kept"),
    [
        (2, [], 0, [0, 1]),
        (3, [], 3, [0, 1, 2]),
        (1, [], 1, [0]),
        (2, [0], 1, [0, 1]),
        (5, [], 3, [0, 1, 2, 3, 4]),
        (2, [], 3, [0, 1]),
        (1, [2], 3, [2]),
        (2, [1], 3, [0, 1]),
        (2, [0, 2], 3, [0, 2]),
        (1, [1, 2], 3, [1]),
    ],
)
def test_where_there_is_less_room_places_that_nobody_booked_go_first(
    capacity, booked, stored, kept
):
    wanted = ["free" if seat in kept else "withdrawn" for seat in range(max(stored, capacity))]

    assert room(capacity, *booked, stored=stored) == wanted


# --- what is read and written


def test_what_is_stored_is_read_by_id_and_seat(make_slot, blackburn):
    first = make_slot(external_id="s1", line_digest=5, is_stamped=True)
    second = make_slot(external_id="s1", seat=1, free_at=None)
    make_slot(external_id="s2"), make_slot(external_id="s1", site=blackburn)

    for lock in (False, True):
        found = upsert.stored_seats("RTX", ["s1", "none"], lock=lock)
        assert list(found) == [("s1", 0), ("s1", 1)]
        assert found["s1", 0] == (
            first.pk, first.schedule_id, first.site_id, "MR", first.start, first.end, "free",
            first.fed_at, 5, True, False,
        )  # fmt: skip
        assert (found["s1", 1].pk, found["s1", 1].is_booked) == (second.pk, True)
    assert upsert.stored_seats("RTX", [], lock=False) == {}
    assert upsert.stored_seats("RTX", ["none"], lock=True) == {}


def test_what_is_stored_is_read_and_locked_in_order_of_key(make_slot):
    keys = [("b", 1), ("a", 1), ("b", 0), ("a", 0)]
    for name, seat in keys:
        make_slot(external_id=name, seat=seat)

    assert list(upsert.stored_seats("RTX", ["b", "a"], lock=True)) == sorted(keys)


def test_only_what_is_free_and_taken_is_booked(make_slot):
    make_slot(external_id="busy", status="busy", free_at=None)
    make_slot(external_id="held", free_at=NOW + HOUR)
    make_slot(external_id="taken", free_at=None)

    found = upsert.stored_seats("RTX", ["busy", "held", "taken"], lock=False)

    assert {name for (name, _), place in found.items() if place.is_booked} == {"taken"}


def test_the_word_of_a_slot_is_that_of_its_first_place(make_slot):
    first = make_slot(external_id="s1", line_digest=-5)
    make_slot(external_id="s1", seat=1, line_digest=6)
    other = make_slot(external_id="s2", line_digest=7)

    found = upsert.stored_digests("RTX", ["s1", "s2", "s3"])

    assert found == {"s1": (-5, first.schedule_id), "s2": (7, other.schedule_id)}
    assert upsert.stored_digests("RTX", []) == {}


def test_a_digest_tells_lines_apart_and_fits_its_column():
    digests = [upsert.line_digest(b"%d" % number) for number in range(1000)]

    assert len(set(digests)) == 1000
    assert min(digests) < 0 < max(digests)
    assert all(-(2**63) <= digest < 2**63 for digest in digests)
    assert max(map(abs, digests)) > 2**62
    assert upsert.line_digest(b"a line") == 3496565957170852840, "as it is stored in every database"


def write(*rows, at=NOW):
    upsert.write(upsert.prepared(rows, now=at))


def test_all_of_a_row_is_written_and_read_back(row, now):
    new = replace(
        row, external_id="s2", seat=3, modality="CT", start=START, end=END, daypart="morning",
        weekend=True, status="busy", fed_at=NOW - HOUR, free_at=None, line_digest=-9,
        is_stamped=True,
    )  # fmt: skip

    write(new, replace(row, free_at=OFF_SALE, external_id="a"))

    kept = Slot.objects.get(external_id="s2")
    assert upsert.SlotRow(**{name: getattr(kept, name) for name in upsert.COLUMNS}) == new
    assert Slot.objects.get(external_id="a").free_at == OFF_SALE
    assert Slot.objects.filter(external_id="s2", start=START, end=END).exists()


def test_a_newer_word_changes_all_but_the_key(row, lancaster):
    fed_at = row.fed_at + MINUTE
    newer = replace(
        row, site_id=lancaster.pk, modality="CT", start=START, end=END, daypart="morning",
        weekend=True, status="busy", fed_at=fed_at, free_at=None, line_digest=9, is_stamped=True,
    )  # fmt: skip

    write(newer)

    kept = Slot.objects.get()
    assert upsert.SlotRow(**{name: getattr(kept, name) for name in upsert.COLUMNS}) == newer


def test_nothing_to_write_is_nothing(row):
    before = Slot.objects.values().get()

    write()

    assert Slot.objects.values().get() == before


def test_rows_are_written_in_order_of_their_keys(row):
    rows = [replace(row, external_id=name, seat=seat) for name in "ba" for seat in (1, 0)]
    Slot.objects.all().delete()

    write(*rows)

    written = Slot.objects.order_by("pk").values_list("external_id", "seat")
    assert list(written) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


@pytest.mark.parametrize(
    ("later", "change", "kept"),
    [
        (timedelta(0), {}, True),
        (timedelta(hours=2), {}, False),
        (timedelta(0), {"start": START + MINUTE}, False),
        (timedelta(0), {"end": END + HOUR}, True),
    ],
    ids=["held", "hold has run out", "moved", "longer"],
)
def test_a_live_hold_stays_unless_the_time_moves(row, jane, later, change, kept):
    held = holds.hold(jane, Slot.objects.get().pk, now=NOW)
    before = Slot.objects.get(pk=held.pk).free_at

    write(replace(row, fed_at=row.fed_at + MINUTE, **change), at=NOW + later)

    assert Slot.objects.get().free_at == (before if kept else EPOCH)
