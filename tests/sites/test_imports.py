"""`manage.py import_sites`: a network's own places."""

import io
from datetime import date, time

import pytest
from django.core.management import CommandError, call_command

from received.csv_table import FileRefused
from sites import changes, places
from sites.imports import apply, export, table
from sites.models import Scanner, Site, Stop

pytestmark = pytest.mark.usefixtures("bay")
SITE = "what,id,name,trust,kind,address,postcode,hours,facilities,parking\n"
SHORE = "site,shore,Shore Clinic,RTX,cdc,1 Shore Road,LA1 1AA,{hours},{facilities},Free\n"
VAN = "what,id,name,trust,modality,bore_cm\nscanner,van-1,The van,RTX,MR,70\n"
STOP = "what,id,scanner,site,from,to,opens,closes\n"


def load(text, dry_run=False):
    content = text if isinstance(text, bytes) else text.encode()
    return apply.apply(table.read(content), dry_run=dry_run)


def became(changes_made):
    return [change.became for change in changes_made]


@pytest.fixture
def van():
    load(VAN)
    return Scanner.objects.get(code="van-1")


def stop(name, first, last, site="furness", opens="08:00", closes="18:00"):
    return f"stop,{name},van-1,{site},{first},{last},{opens},{closes}\n"


def test_a_site_comes_in_with_its_hours_and_facilities():
    row = SHORE.format(hours="Mon-Fri 08:00-20:00; Sat 9:00-17:00", facilities="parking;braille")

    assert became(load(SITE + row)) == ["created"]

    place = places.find("shore")
    assert (place.parking, place.postcode) == ("Free", "LA1 1AA")
    assert place.facilities == {"parking", "braille"}
    assert [day.weekday for day in place.hours] == [0, 1, 2, 3, 4, 5]
    assert (place.hours[5].opens, place.hours[5].closes) == (time(9), time(17))
    assert (place.evenings, place.weekends) == (True, True)


def test_importing_again_changes_nothing_and_a_change_is_told():
    load(SITE + SHORE.format(hours="Mon 08:00-17:00", facilities="parking"))
    same = load(SITE + SHORE.format(hours="Mon 08:00-17:00", facilities="parking"))
    changed = load(SITE + SHORE.format(hours="Mon 09:00-17:00", facilities=""))

    assert became(same) == ["unchanged"]
    assert became(changed) == ["changed"]
    assert "facilities: parking → none" in changed[0].details
    assert "hours: Mon 08:00-17:00 → Mon 09:00-17:00" in changed[0].details


def test_a_dry_run_tells_the_same_and_keeps_nothing():
    row = SITE + SHORE.format(hours="", facilities="")

    assert became(load(row, dry_run=True)) == ["created"]
    assert places.find("shore") is None
    assert became(load(row)) == ["created"]


def test_a_column_that_the_file_has_not_keeps_what_was():
    load(SITE + SHORE.format(hours="Mon 08:00-17:00", facilities="parking"))

    load(
        "what,id,name,trust,kind,address,postcode\nsite,shore,Shore,RTX,cdc,1 Shore Road,LA1 1AA\n"
    )

    assert places.find("shore").name == "Shore"
    assert places.find("shore").parking == "Free"
    assert len(places.find("shore").hours) == 1


def test_one_bad_row_refuses_nothing_but_itself():
    good = SHORE.format(hours="", facilities="")
    bad = good.replace("shore", "pier").replace("LA1 1AA", "ZZ9 9ZZ")

    found = load(SITE + bad + good)

    assert became(found) == ["refused", "created"]
    assert (found[0].line, found[0].id) == (2, "pier")
    assert "postcode 'ZZ9 9ZZ' is not known" in found[0].details


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("site,Shore!,S,RTX,cdc,1 Road,LA1 1AA,,,", "small letters"),
        ("site,,S,RTX,cdc,1 Road,LA1 1AA,,,", "id is empty"),
        ("site,s,,RTX,cdc,1 Road,LA1 1AA,,,", "name is empty"),
        ("site,s,S,XXX,cdc,1 Road,LA1 1AA,,,", "no trust 'XXX'"),
        ("site,s,S,RTX,pub,1 Road,LA1 1AA,,,", "hospital, cdc, mobile"),
        ("site,s,S,RTX,cdc,1 Road,LA1 1AA,Mon 20:00-08:00,,", "closes before it opens"),
        ("site,s,S,RTX,cdc,1 Road,LA1 1AA,always,,", "type like Mon-Fri"),
        ("site,s,S,RTX,cdc,1 Road,LA1 1AA,Mon 8am-5pm,,", "time like 08:30"),
        ("site,s,S,RTX,cdc,1 Road,LA1 1AA,,helipad,", "known are step_free"),
        (f"site,s,{'x' * 10_000},RTX,cdc,1 Road,LA1 1AA,,,", "120 are allowed"),
        ("pub,s,S,RTX,cdc,1 Road,LA1 1AA,,,", "trust, site, scanner, stop"),
        ("site,s,S", "kind is empty"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(row, says):
    found = load(SITE + row + "\n")

    assert became(found) == ["refused"]
    assert says in found[0].details


def test_a_limit_that_no_machine_has_is_refused():
    found = load(VAN.replace("70", "7000"))

    assert "whole number from 30 to 120" in found[0].details


def test_latin_1_with_a_byte_order_mark_and_a_missing_column():
    text = "what,id,name,trust,kind,postcode\nsite,cafe,Café Clinic,RTX,cdc,LA1 1AA\n"

    found = load(b"\xef\xbb\xbf" + text.encode("latin-1"))

    assert became(found) == ["refused"]
    assert "no column address" in found[0].details
    whole = text.replace("kind,", "kind,address,").replace("cdc,", "cdc,1 Road,")
    assert became(load(b"\xef\xbb\xbf" + whole.encode("latin-1"))) == ["created"]
    assert Site.objects.get(slug="cafe").name == "Café Clinic"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_whatever_a_spreadsheet_saved_is_read(encoding):
    text = "what;id;name;trust;kind;address;postcode\r\nsite;s;Café;RTX;cdc;1 Road;LA1 1AA\r\n"

    assert became(load(text.encode(encoding))) == ["created"]
    assert Site.objects.get(slug="s").name == "Café"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n# only words\n", "empty"),
        (b"name,address\nA,B\n", "no column named what or id"),
        (b"what,id,colour\nsite,a,red\n", "no column colour"),
        (b'what,id,name\nsite,a,"' + b"x" * 200_000, "not CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no column"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole_with_the_reason(content, says):
    with pytest.raises(FileRefused, match=says):
        table.read(content)


def test_a_mobile_scanner_has_dated_stops(van):
    found = load(STOP + stop("a", "2026-12-03", "14/12/2026"))

    assert became(found) == ["created"]
    assert places.visit_on(van.pk, date(2026, 12, 3)).site_id == Site.objects.get(slug="furness").pk
    assert places.visit_on(van.pk, date(2026, 12, 14)) is not None
    assert places.visit_on(van.pk, date(2026, 12, 15)) is None


def test_a_stop_that_overlaps_another_of_the_same_scanner_is_refused(van):
    found = load(
        STOP
        + stop("a", "2026-12-03", "2026-12-14")
        + stop("b", "2026-12-14", "2026-12-20", site="lancaster")
        + stop("c", "2026-12-15", "2026-12-20", site="lancaster")
    )

    assert became(found) == ["created", "refused", "created"]
    assert "van-1 is at Furness from 2026-12-03 to 2026-12-14" in found[1].details


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (stop("a", "2026-12-14", "2026-12-03"), "before it begins"),
        (stop("a", "2026-12-03", "2026-12-14", closes="07:00"), "before it opens"),
        (stop("a", "2026-12-03", "2026-02-30"), "type a date like"),
        (stop("a", "2026-12-03", "2026-12-14", site="nowhere"), "no site 'nowhere'"),
        (stop("a", "2026-12-03", "2026-12-14").replace("van-1", "van-2"), "no mobile scanner"),
    ],
)
def test_a_stop_that_cannot_be_is_refused(van, row, says):
    found = load(STOP + row)

    assert became(found) == ["refused"]
    assert says in found[0].details
    assert not Stop.objects.exists()


def test_changed_stops_are_told_to_whoever_follows(van, monkeypatch):
    told = []

    def follow(before, after, effects):
        told.append([pk for pk in after.scanners if before.scanners.get(pk) != after.scanners[pk]])

    monkeypatch.setattr(changes, "followers", [follow])

    load(STOP + stop("a", "2026-12-03", "2026-12-14"))
    load(STOP + stop("a", "2026-12-03", "2026-12-14"))
    load(STOP + stop("a", "2026-12-03", "2026-12-12"))
    load(STOP.strip() + ",remove\n" + stop("a", "2026-12-03", "2026-12-12").strip() + ",yes\n")

    assert told == [[van.pk]] * 3
    assert not Stop.objects.exists()


def test_a_site_is_closed_and_never_deleted():
    found = load("what,id,remove\nsite,fleetwood,yes\nsite,nowhere,yes\n")

    assert became(found) == ["closed", "refused"]
    assert Site.objects.get(slug="fleetwood").closed
    assert places.find("fleetwood") is None
    assert "fleetwood" not in [place.slug for place in places.places_with("MR")]
    assert places.get(Site.objects.get(slug="fleetwood").pk).name == "Fleetwood"


def test_a_site_that_somebody_has_reason_to_keep_stays_open(monkeypatch):
    monkeypatch.setattr(changes, "reasons_to_keep", [lambda site_id: "people are booked"])

    found = load("what,id,remove\nsite,fleetwood,yes\n")

    assert "people are booked" in found[0].details
    assert not Site.objects.get(slug="fleetwood").closed


def test_what_is_exported_is_what_was_imported(van):
    load(SITE + SHORE.format(hours="Mon-Sun 08:00-20:00", facilities="parking; braille"))
    load(STOP + stop("a", "2026-12-03", "2026-12-14"))

    again = load(table.write(export.rows()))

    assert set(became(again)) == {"unchanged"}
    assert len(again) == 1 + 4 + 1 + 1


def test_the_command_prints_what_changes(tmp_path):
    file = tmp_path / "places.csv"
    good = SHORE.format(hours="", facilities="")
    file.write_text(SITE + good + good.replace("shore", "pier").replace("RTX", "XXX"))
    out = io.StringIO()

    call_command("import_sites", file, "--dry-run", stdout=out)

    said = out.getvalue()
    assert "2  created   site shore" in said
    assert "3  refused   site pier" in said
    assert "Would be: 1 created, 1 refused." in said
    assert places.find("shore") is None


def test_the_command_says_when_the_file_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_sites", tmp_path / "none.csv")


def test_export_writes_a_file(tmp_path):
    call_command("export_sites", tmp_path / "out.csv", stdout=io.StringIO())

    assert (tmp_path / "out.csv").read_text().startswith("\ufeffwhat,id,name,trust")
