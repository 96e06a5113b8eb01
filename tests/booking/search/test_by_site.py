"""One statement for searches that are alike, and prepared statements on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.exams.needed import Needed
from booking.models import Exam, Schedule
from booking.models.prepared import Named, Statement
from booking.search import by_site
from booking.search.bookable import narrowed
from booking.search.criteria import SearchCriteria
from sites import places
from sites.models import Scanner


@pytest.fixture
def wanted(now):
    return SearchCriteria("MR", now.date(), now.date() + timedelta(days=14))


def asked_for(wanted, sites, now):
    soonest = {site.pk: now for site in sites}
    return {pk: [row[0] for row in rows]
            for pk, rows in by_site.first_times(soonest, wanted, now, 50).items()}  # fmt: skip


def by_orm(wanted, sites, now):
    return {site.pk: [slot.pk for slot in narrowed(wanted, now, site_id=site.pk).order_by("start")]
            for site in sites}  # fmt: skip


@pytest.mark.django_db
def test_a_search_that_is_alike_does_not_answer_with_the_moments_of_the_one_before(
    wanted, make_slot, furness, lancaster, now
):
    for day in range(1, 9):
        make_slot(day=day, hour=9)
        make_slot(day=day, hour=18, site=lancaster)
    later = now + timedelta(days=4)
    for at in (now, later, now):
        for one in (
            wanted,
            replace(wanted, first_day=wanted.first_day + timedelta(days=3)),
            replace(wanted, last_day=wanted.first_day + timedelta(days=3)),
            replace(wanted, dayparts=frozenset({"evening"})),
            replace(wanted, weekend=True),
        ):
            expected = by_orm(one, (furness, lancaster), at)
            assert asked_for(one, (furness, lancaster), at) == expected
            assert set(by_site.with_times({s.pk: at for s in (furness, lancaster)}, one, at)) == {
                pk for pk, slots in expected.items() if slots
            }
    assert any(by_orm(wanted, (furness,), now).values())


@pytest.mark.django_db
def test_each_site_has_a_soonest_moment_of_its_own(wanted, make_slot, furness, lancaster, now):
    slots = [make_slot(day=day, hour=9, site=site) for site in (furness, lancaster)
             for day in (1, 2)]  # fmt: skip
    soonest = {furness.pk: slots[1].start, lancaster.pk: now}

    found = by_site.first_times(soonest, wanted, now, 5)

    assert [row[0] for row in found[furness.pk]] == [slots[1].pk]
    assert [row[0] for row in found[lancaster.pk]] == [slots[2].pk, slots[3].pk]


@pytest.mark.django_db
def test_what_a_scanner_can_do_counts_from_when_it_is_known(wanted, make_slot, furness, now):
    make_slot(site=furness)
    exam = Exam.objects.create(code="X", name="X", modality="MR", body_part="knee", minutes=30)
    heavy = replace(wanted, exam=exam, needed=Needed(weight_kg=120))
    Scanner.objects.filter(site=furness).delete()
    scanner = Scanner.objects.create(site=furness, modality="MR", name="M", table_kg=100)
    assert asked_for(heavy, [furness], now) == {furness.pk: []}

    scanner.table_kg = 150
    scanner.save()
    assert len(asked_for(heavy, [furness], now)[furness.pk]) == 1

    Scanner.objects.create(site=furness, modality="MR", name="N")  # nobody said what it carries
    assert asked_for(heavy, [furness], now) == {furness.pk: []}


@pytest.mark.django_db
def test_a_scanner_that_stands_nowhere_counts_at_every_site(wanted, make_slot, furness, now):
    slot = make_slot(site=furness)
    exam = Exam.objects.create(code="X", name="X", modality="MR", body_part="knee", minutes=30)
    heavy = replace(wanted, exam=exam, needed=Needed(weight_kg=120))
    van = Scanner.objects.create(
        trust=furness.trust, modality="MR", name="Van", code="van", table_kg=200
    )
    Schedule.objects.filter(pk=slot.schedule_id).update(scanner=van)

    assert asked_for(heavy, [furness], now) == {furness.pk: [slot.pk]}


@pytest.mark.django_db
def test_the_statement_is_written_once_while_the_places_are_kept(wanted, furness, now, monkeypatch):
    asked_for(wanted, [furness], now)
    monkeypatch.setattr(by_site, "narrowed", None)
    asked_for(replace(wanted, first_day=wanted.last_day), [furness], now + timedelta(hours=1))

    places.forget()
    with pytest.raises(TypeError):
        asked_for(wanted, [furness], now)


@pytest.mark.django_db
def test_a_statement_takes_named_values_and_constants_in_their_order():
    cast = {"sqlite": "%s", "postgresql": "%s::int"}[connection.vendor]
    sql = f"SELECT {cast} - {cast}, {cast}, 7 %% 4, {cast}"
    statement = Statement(sql, [Named("a"), 1, Named("b"), Named("a")])

    assert statement.rows({"b": 20, "a": 10}) == [(9, 20, 3, 10)]
    with CaptureQueriesContext(connection) as asked:
        assert statement.rows({"a": 3, "b": 4}) == [(2, 4, 3, 3)]
    assert len(asked) == 1
    if connection.vendor == "postgresql":
        assert asked.captured_queries[0]["sql"].startswith("EXECUTE")


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_it_anew():
    cast = {"sqlite": "%s", "postgresql": "%s::int"}[connection.vendor]
    statement = Statement(f"SELECT {cast}", [Named("a")])
    assert statement.rows({"a": 1}) == [(1,)]
    connection.close()
    assert statement.rows({"a": 2}) == [(2,)]
