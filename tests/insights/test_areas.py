"""The region's small areas, and which one a postcode is in."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from insights import areas, postcode_areas
from insights.models import Area, PostcodeArea

HEAD = "lsoa21,imd2025_decile,imd2025_rank,district\n"


def run(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    def file(text, name="t.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return file


@pytest.fixture
def two_areas(db):
    Area.objects.create(lsoa21="E01012571", decile=1, rank=2615, district="Blackburn with Darwen")
    Area.objects.create(lsoa21="E01012572", decile=3, rank=9000, district="Blackburn with Darwen")


def decile_of(postcode):
    return PostcodeArea.objects.filter(postcode=postcode).values_list("decile", flat=True).first()


def test_the_regions_areas_are_as_published(db):
    said = run("load_areas")

    def share(rows):
        return round(100 * rows.filter(decile=1).count() / rows.count(), 1)

    assert "1,060 small areas" in said
    assert Area.objects.count() == 1060
    assert share(Area.objects.all()) == 18.0
    assert share(Area.objects.filter(district="Blackpool")) == 40.4


def test_an_upgrade_never_puts_ours_in_place_of_the_operators(db, file):
    run("load_areas")
    run("load_areas", file(HEAD + "E01000001,7,20000,Elsewhere\n"))

    said = run("load_areas")

    assert "own stand" in said
    assert [one.district for one in Area.objects.all()] == ["Elsewhere"]


def test_an_upgrade_of_ours_takes_the_place_of_ours(db, two_areas):
    run("load_areas")

    assert Area.objects.count() == 1060


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("E01012571,11,2615,Pendle", "no decile"),
        ("E01012571,,2615,Pendle", "no decile"),
        ("E01012571,1,first,Pendle", "no rank"),
        ("W9,1,2615,Pendle", "no area of 2021"),
        ("E01012571,1,2615,", "no district"),
        ("E01012571,1,2615,Pendle,more", "5 cells and 4 columns"),
    ],
)
def test_a_wrong_file_of_areas_changes_nothing_and_says_the_line(two_areas, file, line, why):
    with pytest.raises(CommandError, match=rf"Line 3: .*{why}"):
        run("load_areas", file(HEAD + "E01012572,3,9000,Burnley\n" + line + "\n"))
    assert Area.objects.filter(district="Blackburn with Darwen").count() == 2


def test_an_area_twice_and_a_file_without_columns_are_refused(two_areas, file):
    with pytest.raises(CommandError, match="Line 3: E01012571 was there before"):
        run("load_areas", file(HEAD + "E01012571,1,2,Pendle\n" * 2))
    with pytest.raises(CommandError, match="Line 1: there is no column decile or rank"):
        run("load_areas", file("lsoa21,district\nE01012571,Pendle\n"))
    with pytest.raises(CommandError, match="no area in the file"):
        run("load_areas", file(HEAD))


def test_postcodes_are_kept_of_the_region_alone_with_columns_in_any_order(two_areas, file):
    said = run(
        "load_postcode_areas",
        file(
            "LSOA21,doterm,x,PCDS\n"
            "E01012571,,1,BB1 1AA\n"
            "E01012572,202201,1,bb11ab\n"
            "E01099999,,1,L1 1AA\n"
            ",,1,JE2 3AB\n",
            encoding="utf-8-sig",
        ),
    )

    assert "4 read, 2 in" in said
    assert "1 of them ended" in said
    assert decile_of("BB1 1AA") == 1
    assert decile_of("BB1 1AB") == 3  # ended, and people's records have it still
    assert decile_of("L1 1AA") is None
    assert decile_of("BB1 1AC") is None


def test_postcodes_loaded_again_take_the_place_of_the_first(two_areas, file):
    run("load_postcode_areas", file("pcds,lsoa21\nBB1 1AA,E01012571\nBB1 1AB,E01012571\n"))
    run("load_postcode_areas", file("pcds,lsoa21\nBB1 1AA,E01012572\n"))

    assert list(PostcodeArea.objects.values_list("postcode", "decile")) == [("BB1 1AA", 3)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pcds,lsoa11\nBB1 1AA,E01012571\n", "Line 1: there is no column lsoa21"),
        ("pcds,lsoa21\nL1 1AA,E01099999\n", "no postcode so far is in the region"),
        ("pcds,lsoa21\nBB1 1AB,E01012571\n£,E01012571\n", "Line 3: “£” is no postcode"),
        ("pcds,lsoa21\n" + "BB1 1AB,E01012571\n" * 2, "Line 3: BB1 1AB was there before"),
        ("pcds,lsoa21\nBB1 1AB\n", "Line 2: there are 1 cells and 2 columns"),
    ],
)
def test_a_wrong_directory_changes_nothing(two_areas, file, text, why):
    run("load_postcode_areas", file("pcds,lsoa21\nBB1 1AA,E01012571\n"))

    with pytest.raises(CommandError, match=why):
        run("load_postcode_areas", file(text))
    assert list(PostcodeArea.objects.values_list("postcode", flat=True)) == ["BB1 1AA"]


def test_postcodes_wait_for_areas(db, file):
    with pytest.raises(CommandError, match=r"Run manage\.py load_areas first"):
        run("load_postcode_areas", file("pcds,lsoa21\nBB1 1AA,E01012571\n"))


def test_postcodes_follow_their_areas(two_areas, file):
    run("load_postcode_areas", file("pcds,lsoa21\nBB1 1AA,E01012571\nBB1 1AB,E01012572\n"))

    run("load_areas", file(HEAD + "E01012571,9,30000,Pendle\n"))

    assert list(PostcodeArea.objects.values_list("postcode", "decile")) == [("BB1 1AA", 9)]


def test_nothing_is_written_where_nothing_changed(db, django_assert_num_queries):
    areas.load(areas.FILE, is_own=False)

    # A savepoint, what there is, its release; PostgreSQL also waits for other loads.
    with django_assert_num_queries(3 + (connection.vendor == "postgresql")):
        areas.load(areas.FILE, is_own=False)


def test_a_postcode_is_written_as_places_have_it():
    assert postcode_areas.as_written(" pr14lf ") == "PR1 4LF"
    assert postcode_areas.as_written("PR1") is None
