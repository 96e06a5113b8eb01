"""The full extract: what is kept of it, again, and of a wrong one."""

import csv
import gzip
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import transaction

from insights.dm01 import loading
from insights.dm01.catalogue import BANDS, TESTS
from insights.dm01.export import HEAD
from insights.models import Dm01Month, Successor
from sites.models import Trust
from tests.insights.dm01.made import TODAY_COLUMNS, row, text_of
from tests.racing import Rival, only_postgresql

APRIL = date(2022, 4, 1)
PUBLISHED = Path(__file__).with_name("april_2022.csv")


def only():
    [one] = Dm01Month.objects.all()
    return one


def test_our_columns_are_the_published_ones():
    assert list(HEAD) == TODAY_COLUMNS


def test_a_test_is_summed_over_commissioners_and_totals_are_left_out(trusts, load, write):
    said = load(
        write(
            [
                row(bands={"00": 5, "06": 2, "13": 1}, done=(10, 2, 3)),
                row(commissioner="00Q", bands={"00": 1, "05": 4}, done=(1, 0, 0)),
                row(test="TOTAL", bands={"00": 99}, done=(99, 0, 0)),
                row(commissioner="TOTAL", bands={"00": 99}),
                row(provider="RJ1", bands={"00": 500}),
            ]
        )
    )

    kept = only()
    assert (kept.month, kept.provider, kept.test) == (APRIL, "RXL", "CT")
    assert {band: n for band, n in kept.bands.items() if n} == {"00": 6, "05": 4, "06": 2, "13": 1}
    assert (kept.waiting, kept.over_six, kept.over_thirteen) == (13, 3, 1)
    assert (kept.waiting_list_activity, kept.planned_activity) == (11, 2)
    assert (kept.unscheduled_activity, kept.activity) == (3, 16)
    assert "April 2022: 1 figures of RXL." in said
    assert "5 lines read, 2 of them kept, 2 of totals left out." in said


def test_the_four_trusts_published_totals_of_april_2022_tie_out(db, load, write):
    with PUBLISHED.open(encoding="utf-8") as file:
        published = {one["provider_org_code"]: one for one in csv.DictReader(file)}
    rows = [made for code, one in published.items() for made in _spread(code, one)]

    load(write(rows, encoding="cp1252"), "--providers", *published)

    assert len(published) == 4
    for code, one in published.items():
        kept = Dm01Month.objects.filter(provider=code, month=APRIL)
        waiting, six, thirteen = (
            sum(getattr(test, name) for test in kept)
            for name in ("waiting", "over_six", "over_thirteen")
        )
        assert kept.count() == 15
        assert str(waiting) == one["total_wl"]
        assert str(six) == one["waiting_6plus_weeks"]
        assert str(thirteen) == one["waiting_13plus_weeks"]
        assert f"{six / waiting:.4f}" == one["pct_6plus"]
        assert f"{thirteen / waiting:.4f}" == one["pct_13plus"]


def _spread(code, one):
    """A trust's published totals, spread over 15 tests, 2 commissioners, all weeks; and TOTAL."""
    total, six, thirteen = (
        int(one[name]) for name in ("total_wl", "waiting_6plus_weeks", "waiting_13plus_weeks")
    )
    places = [(test.code, who) for test in TESTS for who in ("00R", "00Q")]
    left = {place: dict.fromkeys(BANDS, 0) for place in places}
    for number in range(total):
        if number < thirteen:
            band = "13"
        elif number < six:
            band = f"{6 + number % 7:02d}"
        else:
            band = f"{number % 6:02d}"
        left[places[number * 7 % len(places)]][band] += 1
    for (test, who), bands in left.items():
        yield row(provider=code, test=test, commissioner=who, bands=bands)
    yield row(provider=code, test="TOTAL", bands={"00": total - six, "06": six - thirteen,
                                                  "13": thirteen})  # fmt: skip


def test_a_month_again_replaces_itself_and_says_so(trusts, load, write, time_machine):
    time_machine.move_to(datetime(2022, 6, 9, 9, tzinfo=UTC), tick=False)
    load(write([row(bands={"00": 5}), row(test="MRI", bands={"00": 7}), row(provider="RXR")]))
    load(write([row(period="DM01-MAY-2022", bands={"00": 8})]))
    time_machine.move_to(datetime(2022, 7, 14, 9, tzinfo=UTC), tick=False)

    said = load(write([row(bands={"00": 6}), row(provider="RXR", test="MRI")]))

    assert "loaded before, on Thursday 9 June 2022: those 3 figures are replaced" in said
    april = Dm01Month.objects.filter(month=APRIL)
    assert sorted(april.values_list("provider", "test", "waiting")) == [
        ("RXL", "CT", 6), ("RXR", "MRI", 0),
    ]  # fmt: skip
    assert Dm01Month.objects.filter(month=date(2022, 5, 1)).count() == 1


def test_another_providers_month_stays_when_one_is_loaded_again(trusts, load, write):
    load(write([row(bands={"00": 5}), row(provider="RXR", bands={"00": 3})]))

    load(write([row(bands={"00": 6}), row(provider="RXR", bands={"00": 9})]), "--providers", "rxl")

    assert sorted(Dm01Month.objects.values_list("provider", "waiting")) == [("RXL", 6), ("RXR", 3)]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"00 < 01 Week": "x"}, "“x” is no count"),
        ({"Planned Activity": "-4"}, "“-4” is no count"),
        ({"13+ Weeks": "*"}, "no count"),
        ({"Total WL": "6"}, "Total WL is 6, and its parts add up to 5"),
        ({"Total WL": "4"}, "Total WL is 4, and its parts add up to 5"),
        ({"Total Activity": "1"}, "Total Activity is 1, and its parts add up to 0"),
        ({"Period": "DM01-APRILE-2022-X"}, "no month, like DM01-APRIL-2022"),
        ({"Period": "DM01-DECEMBER-2026"}, "December 2026 is still to come"),
        ({"Diagnostic Tests": " "}, "does not say which test"),
        ({"Commissioner Org Code": "00R"}, "line 2 has the same provider, commissioner and test"),
    ],
)
def test_a_wrong_line_changes_nothing_and_is_named_with_why(trusts, load, write, wrong, why):
    load(write([row(bands={"00": 1})]))
    second = row(commissioner="00Q", bands={"00": 5}) | wrong

    with pytest.raises(CommandError, match=rf"nothing was loaded\.\nLine 3: .*{why}"):
        load(write([row(bands={"00": 2}), second]))
    assert only().waiting == 1


def test_many_wrong_lines_are_counted(trusts, load, write):
    rows = [row(commissioner=str(n), **{"Total WL": "x"}) for n in range(13)]

    with pytest.raises(CommandError, match=r"Line 11: .*\nAnd 3 more\."):
        load(write(rows))


def test_what_is_no_extract_or_has_nothing_of_ours_is_refused(trusts, load, write, tmp_path):
    other, short = tmp_path / "rtt.csv", tmp_path / "short.csv"
    other.write_text("Period,RTT Part Type\nApril,Part_2\n", encoding="utf-8")
    short.write_text(text_of([row()]) + '"DM01-APRIL-2022","RXL"\n', encoding="utf-8")
    no_numbers = ("Period", "Provider Org Code", "Diagnostic Tests")

    with pytest.raises(CommandError, match="Line 1: this is no DM01 extract"):
        load(other)
    with pytest.raises(CommandError, match="Line 3: there are 2 cells and 30 columns"):
        load(short)
    with pytest.raises(CommandError, match="No line of it is of RXL, RXR"):
        load(write([row(provider="RJ1")]))
    with pytest.raises(CommandError, match="no column says how many wait"):
        load(write([row()], columns=no_numbers))
    with pytest.raises(CommandError, match="there is no column Period"):
        load(write([row()], columns=HEAD[1:]))
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        load(tmp_path / "none.csv")
    assert not Dm01Month.objects.exists()


def test_without_trusts_somebody_must_name_providers(load, write):
    path = write([row()])

    with pytest.raises(CommandError, match="There are no trusts"):
        load(path)
    assert "of RXL" in load(path, "--providers", "RXL")


def test_what_our_trusts_come_after_is_kept_too(trusts, load, write, now):
    Successor.objects.create(code="RMB", trust="RXL", who="Ann", why="merged", said_at=now)

    load(write([row(provider="RMB", bands={"00": 5})]))

    assert only().provider == "RMB"


def test_a_packed_file_is_read(trusts, load, tmp_path):
    text = text_of([row(bands={"00": 5})]).encode()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("DM01-APRIL-2022-full-extract.csv", text)

    load(tmp_path / "a.csv.gz")
    assert "replaced" in load(tmp_path / "a.zip")
    assert only().waiting == 5


def test_a_test_that_is_new_is_kept_by_its_own_name_and_said(trusts, load, write):
    said = load(write([row(test="Capsule endoscopy (small bowel)", bands={"00": 5})]))

    assert only().test == "CAPSULE_ENDOSCOPY_SMALL_BOWEL"
    assert "none such: CAPSULE_ENDOSCOPY_SMALL_BOWEL" in said


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_loaded_twice_at_once_is_there_once(write):
    Trust.objects.create(code="RXL", name="Blackpool")
    first = write([row(bands={"00": 5}), row(test="MRI")], name="first.csv")
    second = write([row(bands={"00": 6})], name="second.csv")
    now, codes = datetime(2026, 11, 24, 10, tzinfo=UTC), frozenset({"RXL"})

    with transaction.atomic():
        loading.load(first, codes, now=now)
        rival = Rival(lambda: loading.load(second, codes, now=now))
        rival.wait_until_done_or_blocked()
    _, [loaded] = rival.result()

    assert only().waiting == 6
    assert loaded.replaced == 2
