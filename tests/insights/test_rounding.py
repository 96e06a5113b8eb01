"""Measures of others: from rows to what is said, with nothing of a small part in it."""

from datetime import date

import pytest

from insights.measures import Measure, Part
from insights.models import TrustMonth
from insights.reading import Filters
from insights.rounding import HIDDEN, Rounded, rounded_values

MONTH, NEXT = date(2026, 10, 1), date(2026, 11, 1)


def measure(code, top, bottom=None, per=1):
    return Measure(code, code, "Words.", "It is not.", "%", "lower", top, bottom, per)


LATE = measure("late", Part("waiting", ("06", "07")), Part("waiting"), 100)
WAITING = measure("waiting", Part("waiting"))
DAYS = measure("days", Part("scans", take="total"), Part("scans"))
ALL = [LATE, WAITING, DAYS]


@pytest.fixture
def counted(db):
    """Count things of a trust and a scan: (trust, scan, group, n, total)."""

    def counted(*rows, counter="waiting", month=MONTH):
        for trust, scan, group, n, total in rows:
            TrustMonth.objects.create(
                counter=counter, trust=trust, modality=scan, group=group, month=month, n=n,
                total=total,
            )  # fmt: skip

    return counted


def test_groups_of_one_trust_and_scan_are_one_part(counted):
    counted(("RTX", "CT", "06", 5, 0), ("RTX", "CT", "07", 4, 0), ("RTX", "CT", "00", 91, 0))

    found = rounded_values(ALL, "month", Filters())
    assert found["late"][MONTH] == Rounded(10.0)  # 9 are 10, of 100
    assert found["waiting"][MONTH] == Rounded(100.0)


@pytest.mark.parametrize("by", ["month", "trust", "modality"])
def test_no_figure_says_which_small_number_a_part_is(counted, by):
    said = []
    for n in range(1, 8):
        TrustMonth.objects.all().delete()
        counted(("RXR", "MR", "00", n, 0), ("RTX", "MR", "00", 88, 0), ("RXR", "CT", "00", 93, 0))
        said.append(rounded_values([WAITING], by, Filters())["waiting"])

    assert all(one == said[0] for one in said)
    assert said[0] in (
        {MONTH: Rounded(185.0)},
        {"RTX": Rounded(90.0), "RXR": Rounded(95.0)},
        {"CT": Rounded(95.0), "MR": Rounded(90.0)},
    )


def test_a_share_of_a_few_is_hidden_and_of_nobody_is_nothing(counted):
    counted(("RTX", "CT", "06", 3, 0), ("RTX", "CT", "00", 93, 0))
    counted(("RTX", "CT", "00", 0, 0), month=NEXT)

    found = rounded_values([LATE], "month", Filters())["late"]
    assert found == {MONTH: HIDDEN, NEXT: Rounded(None)}


def test_an_average_is_whole_and_not_of_a_few(counted):
    counted(("RTX", "CT", "", 8, 171), counter="scans")
    counted(("RTX", "CT", "", 7, 140), counter="scans", month=NEXT)

    found = rounded_values([DAYS], "month", Filters())["days"]
    assert found == {MONTH: Rounded(21.0), NEXT: HIDDEN}


def test_all_measures_are_read_in_one_query(counted, django_assert_num_queries):
    counted(("RTX", "CT", "06", 40, 0))
    with django_assert_num_queries(2):  # and what came after which trust
        rounded_values(ALL, "month", Filters())
