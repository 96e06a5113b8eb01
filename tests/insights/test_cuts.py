"""Cancellations by whom and by notice, displaced times by how it ended: the second table."""

import csv
import io
import random
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from insights.measures import MEASURES, measure_of
from insights.models import PersonMonth, TrustMonth
from insights.reading import Filters
from insights.shown import shown_by_cut
from insights.sight import Sight
from sites.models import Trust
from tests.insights.pages.conftest import look, text  # noqa: F401 - fixture

TRUSTS = ("RTX", "RXR")
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
NOTICES = {
    "0": "On the day itself", "1-2": "1 or 2 days before", "3-7": "3 to 7 days before",
    "8+": "8 days before or earlier",
}  # fmt: skip
WHO = {"patient": "The patient", "trust": "A trust", "us": "The place or this service"}
PAGE = "/staff/insights/m/cancelled/"
ALL = Sight(frozenset(TRUSTS), {code: code for code in TRUSTS}, may_compare=True)
ONE = Sight(frozenset({"RTX"}), {code: code for code in TRUSTS}, may_compare=True)


@pytest.fixture
def rows(db, time_machine):
    """Cancellations of two trusts in two months, each group of them; returned as plain rows."""
    time_machine.move_to(datetime(2026, 11, 5, 12, tzinfo=UTC), tick=False)
    dice, made = random.Random(3), []
    for code in TRUSTS:
        Trust.objects.create(code=code, name=f"Trust {code}")
        for month in (SEPTEMBER, OCTOBER):
            for who in WHO:
                for notice in NOTICES:
                    n = dice.randrange(3, 40)
                    known = {"counter": "cancelled", "group": f"{who} {notice}", "trust": code,
                             "modality": "MR", "month": month, "n": n}  # fmt: skip
                    TrustMonth.objects.create(**known, urgency="routine")
                    PersonMonth.objects.create(**known, urgency="routine", decile=1, age=4)
                    made.append((code, month, who, notice, n))
    return made


def cut_of(measure, code):
    return next(one for one in measure.cuts if one.code == code)


@pytest.mark.parametrize("trust", [None, *TRUSTS])
@pytest.mark.parametrize("month", [None, SEPTEMBER, OCTOBER])
def test_each_split_is_what_a_plain_count_gives(rows, trust, month):
    by = {"who": Counter(), "notice": Counter()}
    alone = Counter()
    for code, when, who, notice, n in rows:
        if trust in (None, code) and month in (None, when):
            by["who"][WHO[who]] += n
            by["notice"][NOTICES[notice]] += n
            alone[who, NOTICES[notice]] += n
    filters = Filters(trust=trust, first=month, last=month)

    for code, plain in by.items():
        measure = measure_of("cancelled")
        found = shown_by_cut(measure, cut_of(measure, code), filters, ALL)
        assert {words: one.value for words, one in found.items()} == plain
    for who in WHO:
        measure = measure_of(f"cancelled_by_{who}")
        found = shown_by_cut(measure, cut_of(measure, "notice"), filters, ALL)
        assert {(who, words): one.value for words, one in found.items()} == {
            key: n for key, n in alone.items() if key[0] == who
        }


def test_anothers_are_rounded_each_by_itself_and_ones_own_is_never_taken_away(rows):
    measure = measure_of("cancelled_by_us")
    cut = cut_of(measure, "notice")
    TrustMonth.objects.all().delete()
    for trust, group, n in (("RXR", "us 0", 7), ("RXR", "us 1-2", 12), ("RTX", "us 0", 40)):
        TrustMonth.objects.create(
            counter="cancelled", group=group, trust=trust, modality="MR", month=OCTOBER, n=n
        )

    def said(filters):
        return [one.words(measure) for one in shown_by_cut(measure, cut, filters, ONE).values()]

    none = ["0 appointments"] * 2
    assert said(Filters(trust="RXR")) == ["*", "10 appointments", *none]
    assert said(Filters()) == ["*", "10 appointments", *none]
    assert said(Filters(trust="RTX")) == ["40 appointments", "0 appointments", *none]


def test_the_page_and_the_file_have_the_split(rows, look):  # noqa: F811
    browser = look(trusts=TRUSTS)
    page = " ".join(text(browser.get(f"{PAGE}?by=who&trust=RTX&from=2026-09")).split())
    lines = list(csv.reader(io.StringIO(text(browser.get(f"{PAGE}csv/?by=notice&from=2026-10")))))

    assert "By who cancelled, September 2026 to October 2026" in page
    for words in WHO.values():
        assert f"<div>{words}</div>" in page
    october = Counter()
    for _, month, _, notice, n in rows:
        october[f"How long before: {NOTICES[notice]}"] += n * (month == OCTOBER)
    assert {row[1]: int(row[2]) for row in lines[-4:]} == october


def test_a_split_goes_with_places_and_with_people(rows, look):  # noqa: F811
    browser = look(trusts=TRUSTS)

    assert "The patient" in text(browser.get(f"{PAGE}?by=who&decile=1"))
    assert browser.get(f"{PAGE}?by=who&kind=cdc").status_code == 200
    assert browser.get(f"{PAGE}?by=ended").status_code == 400
    assert browser.get("/staff/insights/m/displaced/?by=ended").status_code == 200
    assert browser.get("/staff/insights/m/displaced/?by=who").status_code == 400


def test_no_split_has_the_name_of_a_filter():
    for measure in MEASURES:
        assert not {cut.code for cut in measure.cuts} & set(measure.by)
