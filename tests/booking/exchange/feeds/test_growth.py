"""A push asks the database by what it names: not by all that its trust ever had."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.booking.exchange.feeds.test_renumber import GONE, STAMPS, take
from tests.booking.plans import plan

GROWS = ("slot", "lostslot", "appointment", "auditentry")
"""Tables in which a trust has ever more rows."""


@pytest.fixture
def on_sale(push, fed, jane, tom, now):
    """Three times are on sale, of which two are booked."""
    push(*(fed(name=f"old-{hour}", stamp=STAMPS[0], hour=hour) for hour in (9, 10, 11)))
    take(jane, "old-9", now)
    take(tom, "old-10", now)


def _again(push, fed):
    push(*(fed(name=f"old-{hour}", stamp=STAMPS[1], hour=hour) for hour in (9, 10, 11)))


def _other_ids(push, fed):
    push(*(fed(name=f"new-{hour}", stamp=STAMPS[1], hour=hour) for hour in (9, 10, 11)))


def _taken_away(push, fed):
    push(*(fed(name=f"old-{hour}", stamp=STAMPS[1], hour=hour, status=GONE) for hour in (9, 11)))


def _other_ids_of_what_is_taken_away(push, fed):
    _taken_away(push, fed)
    push(
        fed(name="old-10", stamp=STAMPS[2], hour=10, status=GONE),
        fed(name="new-10", stamp=STAMPS[2], hour=10),
    )


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="by how few rows there are")
@pytest.mark.parametrize("act", [_again, _other_ids, _taken_away, _other_ids_of_what_is_taken_away])
def test_no_statement_goes_through_all_that_a_trust_has(on_sale, push, fed, act):
    with CaptureQueriesContext(connection) as asked:
        act(push, fed)

    said = [one["sql"] for one in asked.captured_queries]
    statements = [sql for sql in said if re.match("SELECT|UPDATE|DELETE", sql)]
    assert len(statements) > 10
    found = {line for sql in statements for line in re.findall("'([^']*)'", plan(sql))}
    through = [line for line in found if _is_wide(line)]
    assert not through


def _is_wide(line):
    """Whether a line of a plan goes through a whole table, or all rows of a trust."""
    table = re.search(r"(?:SCAN|SEARCH) (?:booking_)?(\w+)", line)
    if not table:
        return False
    of_trust = re.search(r"(?:slot_of_trust|autoindex_booking_slot)\w+ \(trust_id=\?\)", line)
    return bool(of_trust) or (line.startswith("SCAN") and table[1] in GROWS)
