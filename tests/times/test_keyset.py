"""Pages of long lists, walked while rows come and go."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from booking.models import AuditEntry, WorklistRow
from booking.worklists import rows as worklists
from notifications.models import Inbound
from times.keyset import Key, ListAddressInvalid, Source, page_of, page_of_all, size_shown

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
RECEIVED = (Key("-received_at", datetime), Key("-pk", UUID))

pytestmark = pytest.mark.django_db


def make_rows(count, of_a_minute):
    """Rows of which several are due in the same microsecond."""
    WorklistRow.objects.bulk_create(
        WorklistRow(
            kind="needs_person", about=str(n), reason="x", opened_at=NOON,
            due_at=NOON + timedelta(minutes=n // of_a_minute, microseconds=1),
        )
        for n in range(count)
    )  # fmt: skip


def test_closing_rows_between_two_pages_skips_none_and_repeats_none():
    make_rows(57, 4)
    chance = random.Random(7)
    listed = worklists.open_rows(set())
    stays = set(listed.values_list("pk", flat=True))
    seen, given = [], QueryDict()
    while True:
        listed = listed.all()  # asked anew
        page = page_of(listed, worklists.ORDER, given, size=10)
        assert (page.total, page.before) == (listed.count(), page.total - left(listed, seen))
        seen += [row.pk for row in page.rows]
        if not page.next:
            break
        given = QueryDict(page.next_address.removeprefix("?"))
        gone = {*chance.sample(seen, 3), *chance.sample(sorted(stays - set(seen)), 2)}
        stays -= gone - set(seen)
        listed.filter(pk__in=gone).update(closed_at=NOON)

    assert len(seen) == len(set(seen))
    assert set(seen) >= stays
    assert page.first_address == "?"


def test_what_is_joined_is_joined_to_a_page_alone():
    """A list of 20,000 rows that joins all of them first takes ten times as long."""
    make_rows(30, 1)
    listed = worklists.open_rows(set()).prefetch_related(None)
    with CaptureQueriesContext(connection) as asked:
        page = page_of(listed, worklists.ORDER, QueryDict(), size=10)
    assert (len(page.rows), len(asked)) == (10, 1)
    chosen = asked[0]["sql"].partition(" IN (SELECT ")[2]
    assert "LIMIT 11)" in chosen
    assert "booking_patient" not in chosen.partition("LIMIT 11)")[0]


def left(listed, seen):
    """How many rows stand after the last one seen, whether that is still open or not."""
    if not seen:
        return listed.count()
    last = WorklistRow.objects.get(pk=seen[-1])
    return sum((row.due_at, row.pk) > (last.due_at, last.pk) for row in listed)


def test_two_lists_are_one_and_what_comes_meanwhile_moves_nothing():
    for n in range(20):
        moment = NOON + timedelta(seconds=n // 3)
        Inbound.objects.create(message_sid=f"S{n}", number_hash="ab"[n % 2], received_at=moment)
    both = [Source(Inbound.objects.filter(number_hash=name), RECEIVED) for name in "ab"]
    wanted = list(Inbound.objects.order_by("-received_at", "-pk"))

    first = page_of_all(both, QueryDict(), size=7)
    Inbound.objects.create(
        message_sid="new", number_hash="a", received_at=NOON + timedelta(hours=1)
    )
    second = page_of_all(both, QueryDict(f"after={first.next}"), size=7)
    third = page_of_all(both, QueryDict(f"after={second.next}"), size=7)

    assert first.rows + second.rows + third.rows == wanted
    assert (first.total, third.total, third.before, third.last) == (20, 21, 15, 21)
    assert third.next == ""


RUBBISH = [
    "x", "-", "1-", "-1", "1-2-3", "²", "1-²", "9" * 19, "9" * 18 + "-1", "1-" + "9" * 19,
    "1e3", "1.5-1", " 1", "0-" + "g" * 32, "\0", "1-\0", "1-2'--",
]  # fmt: skip


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_in_an_address_is_refused(rubbish):
    by_key, by_time = (Key("-pk", int),), (Key("at", datetime), Key("pk", int))
    given = QueryDict(mutable=True)
    given["after"] = rubbish

    for rows, order in [
        (AuditEntry.objects.all(), by_key),
        (AuditEntry.objects.all(), by_time),
        (Inbound.objects.all(), RECEIVED),
    ]:
        with pytest.raises(ListAddressInvalid):
            page_of(rows, order, given, size=5)


@pytest.mark.parametrize("typed", ["x", "0", "-1", "²", "9" * 6, "1.5"])
def test_how_much_is_shown_is_a_number_or_refused(typed):
    assert size_shown({}, "show", step=10) == 10
    assert size_shown({"show": "30"}, "show", step=10) == 30
    with pytest.raises(ListAddressInvalid):
        size_shown({"show": typed}, "show", step=10)
