"""Loading a timetable: whole or not at all, each wrong line named."""

import io

import pytest
from django.core.management import CommandError, call_command

from sites import timetable_table
from sites.models import Timetable, TimetableLine
from tests.sites.travel import timetables

pytestmark = pytest.mark.usefixtures("bay")

GOOD = "LA14 4,lancaster,weekday-day,95,1,8,19:10"


def run(file):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("load_timetable", str(file), stdout=out, stderr=err)
    except CommandError as error:
        return err.getvalue() + str(error)
    return err.getvalue() + out.getvalue()


def lines():
    return set(
        TimetableLine.objects.values_list(
            "origin", "site__slug", "band", "minutes", "changes", "walk", "last_home"
        )
    )


def test_lines_are_kept_as_they_are_written(tmp_path):
    said = run(
        timetables.write(
            tmp_path,
            GOOD,
            "LA14 4,lancaster,saturday,100,0,100,25:10:00",
            "LA1 1,furness,sunday,80,2,0,none",
        )
    )

    assert said.startswith("3 journeys from 2 postcode sectors, in ")
    assert lines() == {
        ("LA14 4", "lancaster", "weekday-day", 95, 1, 8, 19 * 60 + 10),
        ("LA14 4", "lancaster", "saturday", 100, 0, 100, 25 * 60 + 10),
        ("LA1 1", "furness", "sunday", 80, 2, 0, None),
    }


def test_a_byte_order_mark_spaces_and_empty_lines_are_no_fault(tmp_path):
    said = run(
        timetables.write(tmp_path, "", GOOD.replace(",", " , "), "", head="﻿" + timetables.HEAD)
    )

    assert said.startswith("1 journeys")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("LA14 4,lancaster,weekday-day,95,1,8", "it has 6 cells, not 7"),
        (GOOD + ",", "it has 8 cells, not 7"),
        (GOOD.replace("LA14 4", "LA14"), "origin 'LA14' is not a postcode sector, like LA14 4"),
        (GOOD.replace("LA14 4", "LA14 4LF"), "is not a postcode sector"),
        (GOOD.replace("LA14 4", "E01025000"), "is not a postcode sector"),
        (GOOD.replace("LA14 4", "la14 4"), "is not a postcode sector"),
        (GOOD.replace("LA14 4", "LA99 9"), "origin 'LA99 9' is a sector without postcodes here"),
        (GOOD.replace("lancaster", "Lancaster"), "there is no place 'Lancaster'"),
        (GOOD.replace("weekday-day", "monday"), "band 'monday' is none of weekday-day, weekday-ev"),
        (GOOD.replace("95", ""), "minutes '' is not a whole number from 0 to 600"),
        (GOOD.replace("95", "601"), "minutes '601' is not a whole number"),
        (GOOD.replace("95", "-5"), "minutes '-5' is not a whole number"),
        (GOOD.replace("95", "9.5"), "minutes '9.5' is not a whole number"),
        (GOOD.replace("95", "٣"), "is not a whole number"),
        (GOOD.replace(",1,8", ",10,8"), "changes '10' is not a whole number from 0 to 9"),
        (GOOD.replace(",8,", ",96,"), "walk is 96 minutes, longer than the whole journey (95)"),
        (GOOD.replace("19:10", ""), "last_home '' is neither a time like 19:10 or 25:10:00, nor n"),
        (GOOD.replace("19:10", "7:10pm"), "last_home '7:10pm' is neither a time"),
        (GOOD.replace("19:10", "19:60"), "last_home '19:60' is neither a time"),
        (GOOD.replace("19:10", "36:00"), "last_home '36:00' is neither a time"),
        (GOOD.replace("19:10", "01:10"), "after midnight write 25:10"),
        (GOOD, "an earlier line has LA14 4 to lancaster, weekday-day"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_loaded(tmp_path, line, why):
    first = GOOD if line == GOOD else GOOD.replace("weekday-day", "sunday")

    said = run(timetables.write(tmp_path, first, line))

    assert said.startswith("line 3: ")
    assert why in said
    assert "1 wrong lines. Nothing was loaded" in said
    assert not Timetable.objects.exists()
    assert not TimetableLine.objects.exists()


def test_every_wrong_line_is_named_and_what_counted_before_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(timetable_table, "LINES_A_TRANSACTION", 2)
    timetables.put(tmp_path, GOOD)
    before = lines()
    good = [f"LA1 1,{place},{band},5,0,5,none" for place in ("furness", "fleetwood")
            for band in ("saturday", "sunday")]  # fmt: skip

    said = run(timetables.write(tmp_path, *good, "x", *good[:1], "PR1 4,furness,sunday,1,1,1,x"))

    assert [one.split(":")[0] for one in said.splitlines()[:3]] == ["line 6", "line 7", "line 8"]
    assert "3 wrong lines" in said
    assert lines() == before


def test_letters_that_are_no_utf8_are_named_by_their_line(tmp_path):
    file = timetables.write(tmp_path, GOOD)
    file.write_bytes(file.read_bytes() + b"LA14 4,lanc\xe9ster,sunday,1,0,1,none\n")

    assert run(file).startswith("line 3: there is no place 'lanc\\udce9ster'")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "The first line must be origin,place,band,minutes,changes,walk,last_home."),
        ("place,origin\n", "The first line must be"),
        (timetables.HEAD + "\n", "The file has no journeys"),
        (timetables.HEAD + "\n" + "x" * 140_000, "line 2: field larger than field limit"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, text, why):
    file = tmp_path / "other.csv"
    file.write_text(text, encoding="utf-8")

    assert why in run(file)
    assert not Timetable.objects.exists()


def test_a_file_that_is_not_there_is_said(tmp_path):
    assert "The file cannot be read: No such file or directory." in run(tmp_path / "none.csv")


def test_a_new_timetable_takes_the_place_of_the_whole_old_one(tmp_path):
    timetables.put(tmp_path, GOOD, GOOD.replace("LA14 4", "LA1 1"))
    timetables.put(tmp_path, GOOD.replace("95", "90"))

    assert {line[3] for line in lines()} == {90}
    assert Timetable.objects.count() == 1


def test_a_load_that_was_stopped_changes_nothing(tmp_path, monkeypatch):
    timetables.put(tmp_path, GOOD)
    monkeypatch.setattr(timetable_table, "_remove_older", None)  # it is not reached

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(timetable_table, "_put", stop)
    with pytest.raises(KeyboardInterrupt):
        timetables.put(tmp_path, GOOD.replace("95", "90"))

    assert {line[3] for line in lines()} == {95}
    assert Timetable.objects.count() == 1
