"""The table of places that searches read."""

import pytest

from sites import places
from sites.models import Scanner, Site


def test_only_places_with_the_scanner_are_given(bay):
    Scanner.objects.create(site=bay["Furness"], modality="CT", name="CT 1")

    assert [place.name for place in places.places_with("CT")] == ["Furness"]
    assert len(places.places_with("MR")) == 3
    assert [place.name for place in places.places_with("MR", {"cdc"})] == ["Fleetwood"]


def test_a_changed_site_is_seen_at_once(bay):
    assert places.find("furness").name == "Furness"

    site = bay["Furness"]
    site.name = "Furness General"
    site.save()

    assert places.find("furness").name == "Furness General"


def test_the_table_costs_no_query_once_read(bay, django_assert_num_queries):
    places.table()

    with django_assert_num_queries(0):
        places.get(bay["Lancaster"].pk)
        places.places_with("MR")


def test_a_place_that_does_not_exist_is_an_error(bay):
    with pytest.raises(Site.DoesNotExist):
        places.get(10**6)
    assert places.find("nowhere") is None
