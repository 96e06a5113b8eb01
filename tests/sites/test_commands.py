"""Loading places and postcodes."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command

from sites.models import Postcode, Scanner, Site, Stop, Trust


def run(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_whole_area_is_loaded_and_loading_it_again_changes_nothing(db):
    first = run("load_postcodes", "--areas", "HX")
    count = Postcode.objects.count()

    assert f"{count:,} read" in first
    assert count > 4000
    assert run("load_postcodes", "--areas", "HX") == first
    assert Postcode.objects.count() == count


def test_a_load_that_was_stopped_half_way_is_completed(db):
    run("load_postcodes", "--areas", "HX")
    count = Postcode.objects.count()
    Postcode.objects.filter(code__startswith="HX1 ").delete()

    run("load_postcodes", "--areas", "HX")

    assert Postcode.objects.count() == count


def test_rows_without_a_place_are_refused_and_counted(db):
    said = run("load_postcodes", "--areas", "BD")

    assert "12 of them refused" in said
    assert not Postcode.objects.filter(code="BD98 1GA").exists()
    assert not Postcode.objects.filter(lat__lt=49.9).exists()


def test_an_unknown_area_is_a_clear_error(db):
    with pytest.raises(CommandError, match="no postcode area QQ"):
        run("load_postcodes", "--areas", "QQ")


def test_places_need_their_postcodes_first(db):
    with pytest.raises(CommandError, match=r"Run manage\.py load_postcodes first"):
        run("load_places")
    assert not Site.objects.exists()


def test_the_networks_places_are_loaded_once_however_often(db):
    run("load_postcodes", "--areas", "FY", "BB", "PR", "LA")
    run("load_places")
    run("load_places")

    assert Trust.objects.count() == 4
    assert Site.objects.count() == 20
    assert Site.objects.filter(kind="cdc", ods_code__isnull=False).count() == 0
    fixed = Scanner.objects.filter(modality="MR").exclude(site=None)
    assert fixed.values("site__trust").distinct().count() == 4
    mobile = Scanner.objects.filter(site=None)
    assert [scanner.modality for scanner in mobile.order_by("code")] == ["CT", "MR", "MR"]
    assert Stop.objects.filter(scanner__in=mobile).count() == Stop.objects.count() > 10
    furness = Site.objects.get(slug="furness-general-hospital")
    assert furness.ods_code == "RTXBU"
    assert (round(furness.lat, 2), round(furness.lon, 2)) == (54.14, -3.21)


def test_invented_places_are_never_written_over_a_networks_own(db, settings, monkeypatch):
    from booking.management.commands import prepare

    run("load_postcodes", "--areas", "FY", "BB", "PR", "LA")
    run("load_places")
    Site.objects.filter(slug="furness-general-hospital").update(name="Furness, as we say it")
    monkeypatch.setattr(prepare, "STEPS", [])
    settings.PRODUCTION = True

    run("prepare")
    with pytest.raises(CommandError, match="does not run in production"):
        run("load_places")

    assert Site.objects.get(slug="furness-general-hospital").name == "Furness, as we say it"
    settings.PRODUCTION = False
    run("prepare")
    assert Site.objects.get(slug="furness-general-hospital").name == "Furness General Hospital"


def test_the_whole_country_is_every_area_there_is(db, monkeypatch):
    from sites.management.commands import load_postcodes

    listed = load_postcodes._all_areas(load_postcodes._folder())
    assert len(listed) == 120
    assert {"LA", "ZE", "TR", "B"} <= set(listed)

    monkeypatch.setattr(load_postcodes, "_all_areas", lambda folder: ["ZE"])
    run("load_postcodes", "--all")

    assert Postcode.objects.filter(outward="ZE1").exists()


def test_a_row_that_was_changed_is_put_right_when_its_area_is_loaded_again(db):
    run("load_postcodes", "--areas", "HX")
    whole = Postcode.objects.filter(outward="HX1").first()
    Postcode.objects.filter(pk=whole.pk).update(lat=0)
    Postcode.objects.filter(outward="HX2").first().delete()  # so that the area is not whole

    run("load_postcodes", "--areas", "HX")

    assert Postcode.objects.get(pk=whole.pk).lat == whole.lat


def test_the_road_network_is_written_as_an_osm_file(tmp_path):
    osmium = pytest.importorskip("osmium")
    file = tmp_path / "roads.osm.pbf"

    assert "328 junctions, 555 links" in run("export_road_network", file)

    found = {"n": 0, "w": 0}
    for entity in osmium.FileProcessor(str(file)):
        found[entity.type_str()] += 1
        if entity.is_way():
            assert entity.tags["highway"] in (
                "motorway",
                "trunk",
                "primary",
                "secondary",
                "tertiary",
            )
            assert 20 < int(entity.tags["maxspeed"]) < 110
    assert found == {"n": 328, "w": 555}
    assert list(tmp_path.iterdir()) == [file]


def test_without_osmium_the_export_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "osmium", None)

    with pytest.raises(CommandError, match=r"requirements/dev\.txt"):
        run("export_road_network", tmp_path / "roads.osm.pbf")


@pytest.mark.parametrize(
    ("name", "says"), [("roads.csv", "ends in .osm.pbf"), ("no/roads.osm", "no folder")]
)
def test_the_export_needs_a_name_that_can_be_written(tmp_path, name, says):
    with pytest.raises(CommandError, match=says):
        run("export_road_network", tmp_path / name)
