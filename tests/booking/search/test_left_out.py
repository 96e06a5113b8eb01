"""Why not here? What a list leaves out because the patient or the exam does not fit."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from booking.exams.misfit import Misfit
from booking.exams.needed import Needed
from booking.models import Schedule
from booking.search import left_out, places
from booking.search.criteria import SearchCriteria
from sites.models import OpenHours, Scanner
from sites.postcodes import find

HEAVY = Needed(weight_kg=220)


@pytest.fixture
def ask(jane, now):
    """Ask for Jane's exam, with what is needed."""

    def ask(needed=HEAVY, **changes):
        last = now.date() + timedelta(days=42)
        wanted = SearchCriteria("MR", now.date(), last, exam=jane.exam, needed=needed, **changes)
        return left_out.left_out(find("LA14 4LF"), wanted)

    return ask


@pytest.fixture
def tables(furness, lancaster, blackburn):
    """What the tables of all scanners carry, by site; None: nobody said."""

    def tables(**kilograms):
        for slug, limit in kilograms.items():
            Scanner.objects.filter(site__slug=slug).update(table_kg=limit)
        places.site_places.forget()

    return tables


def test_places_that_do_not_fit_are_named_nearest_first_each_with_its_reason(ask, tables):
    tables(furness=200, lancaster=None, blackburn=250)

    found = ask()

    assert [(one.place.name, one.misfit) for one in found] == [
        ("Furness", Misfit.WEIGHT),
        ("Lancaster", Misfit.ASK_WEIGHT),
    ]
    assert found[0].journey.minutes < found[1].journey.minutes
    assert not any(one.is_mixed for one in found)


def test_nothing_is_left_out_where_nothing_is_needed(ask, tables):
    tables(furness=200)

    assert ask(Needed()) == []


def test_what_a_filter_takes_away_is_not_named(ask, tables):
    tables(furness=200)

    assert ask(kinds=frozenset({"cdc"})) == []


def test_where_one_of_two_scanners_can_a_person_may_ask_which_it_is(
    ask, tables, furness, lancaster, blackburn
):
    Scanner.objects.create(site=furness, modality="MR", name="MRI 2")
    tables(lancaster=250, blackburn=250, furness=200)
    Scanner.objects.filter(name="MRI 2").update(table_kg=250)
    places.site_places.forget()

    (one,) = ask()

    assert (one.place.name, one.misfit, one.is_mixed) == ("Furness", Misfit.WEIGHT, True)


def test_a_place_where_a_schedule_names_a_scanner_that_can_is_in_the_list(
    ask, tables, furness, make_slot
):
    second = Scanner.objects.create(site=furness, modality="MR", name="MRI 2")
    make_slot()
    tables(lancaster=250, blackburn=250, furness=200)
    Scanner.objects.filter(pk=second.pk).update(table_kg=250)
    Schedule.objects.update(scanner=second)
    places.site_places.forget()

    assert ask() == []


def test_it_costs_one_query_however_many_places(
    ask, tables, furness, lancaster, blackburn, django_assert_max_num_queries
):
    for site in (furness, lancaster, blackburn):
        Scanner.objects.create(site=site, modality="MR", name="MRI 2", table_kg=250)
    tables()
    places.site_places.table()
    find("LA14 4LF")

    with django_assert_max_num_queries(2):  # where from, and which scanners schedules name
        assert len(ask()) == 3


def test_of_one_place_it_is_said_whether_and_why_it_is_left_out(
    jane, tables, furness, lancaster, now
):
    last = now.date() + timedelta(days=42)
    wanted = SearchCriteria("MR", now.date(), last, exam=jane.exam, needed=HEAVY)
    tables(furness=200, lancaster=250)
    here, there = (places.site_places.get(site.pk) for site in (furness, lancaster))

    assert left_out.why_left_out(here, wanted) == left_out.LeftOut(
        here, Misfit.WEIGHT, is_mixed=False, journey=None
    )
    assert left_out.why_left_out(there, wanted) is None
    assert left_out.why_left_out(here, replace(wanted, needed=Needed())) is None
    assert left_out.why_left_out(here, replace(wanted, exam=None)) is None


def test_without_an_exam_nothing_is_left_out(ask, tables, jane, now):
    tables(furness=200)
    wanted = SearchCriteria("MR", now.date(), now.date() + timedelta(days=42), needed=HEAVY)

    assert left_out.left_out(find("LA14 4LF"), wanted) == []


def test_what_is_needed_of_a_place_narrows_what_is_named(ask, tables, furness, lancaster):
    tables(furness=200, lancaster=200)
    furness.facilities = ["step_free"]
    furness.save()
    OpenHours.objects.create(site=lancaster, weekday=5, opens=time(9), closes=time(17))
    places.site_places.forget()

    assert [one.place.name for one in ask(needs=frozenset({"step_free"}))] == ["Furness"]
    assert [one.place.name for one in ask(opening=frozenset({"weekends"}))] == ["Lancaster"]
