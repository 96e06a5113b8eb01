"""What a process keeps of places: as the database has it, read by one, and gone when it is gone."""

import gc
import importlib
import re
import threading
import weakref

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sites import keeper, place_table, places, travel
from sites.models import OpenHours, PlacesVersion, Scanner, Site, Stop, Trust
from sites.postcodes import find


def version():
    return PlacesVersion.objects.values_list("value", flat=True).get()


DAYS = {
    "first_day": "2026-12-01", "last_day": "2026-12-02", "opens": "09:00", "closes": "17:00",
}  # fmt: skip
ROWS = {
    Trust: lambda _bay: Trust(code="RXX", name="Another"),
    Site: lambda _bay: Site(slug="new", name="New", kind="cdc", trust_id="RTX", lat=54, lon=-3),
    OpenHours: lambda bay: OpenHours(site=bay["Furness"], weekday=0, opens="09:00", closes="17:00"),
    Scanner: lambda bay: Scanner(site=bay["Furness"], modality="CT", name="CT 9"),
    Stop: lambda bay: Stop(scanner=Scanner.objects.first(), site=bay["Furness"], **DAYS),
}
"""A row of each table that places come from, which nothing refers to."""


def of(row):
    return type(row).objects.filter(pk=row.pk)


def column(row):
    """Return a column that is no key."""
    return type(row)._meta.concrete_fields[-1].attname


def sql(statement):
    def run(row):
        key = type(row)._meta.pk.column
        with connection.cursor() as cursor:
            cursor.execute(
                statement.format(table=type(row)._meta.db_table, key=key, column=column(row)),
                [row.pk],
            )

    return run


MAKING = {
    "save": lambda row: row.save(),
    "bulk_create": lambda row: type(row).objects.bulk_create([row]),
}
CHANGING = {
    "save": lambda row: row.save(),
    "update": lambda row: of(row).update(**{column(row): getattr(row, column(row))}),
    "bulk_update": lambda row: type(row).objects.bulk_update([row], [column(row)]),
    "SQL update": sql("UPDATE {table} SET {column} = {column} WHERE {key} = %s"),
    "delete": lambda row: row.delete(),
    "delete of many": lambda row: of(row).delete(),
    "SQL delete": sql("DELETE FROM {table} WHERE {key} = %s"),
}


@pytest.mark.parametrize("way", list(MAKING))
@pytest.mark.parametrize("model", list(ROWS))
def test_a_row_more_gives_another_version(bay, model, way):
    row, before = ROWS[model](bay), version()

    MAKING[way](row)

    assert version() != before


@pytest.mark.parametrize("way", list(CHANGING))
@pytest.mark.parametrize("model", list(ROWS))
def test_a_row_that_changes_or_goes_gives_another_version(bay, model, way):
    row = ROWS[model](bay)
    row.save()
    before = version()

    CHANGING[way](row)

    assert version() != before


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
def test_a_table_that_is_emptied_at_once_gives_another_version(bay):
    before = version()

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sites_openhours")

    assert version() != before


def test_places_come_from_no_table_without_triggers(bay):
    triggers = importlib.import_module("sites.migrations.0006_places_version_triggers")

    with CaptureQueriesContext(connection) as asked:
        place_table.read_table(place_table.read_mark())

    read = {name for one in asked for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', one["sql"])}
    assert read == {*triggers.TABLES, "sites_placesversion"}
    assert {model._meta.db_table for model in ROWS} == set(triggers.TABLES)


def test_what_another_process_changed_is_seen_at_the_next_look(bay):
    places.forget()
    places.table()
    Site.objects.filter(slug="furness").update(name="Changed elsewhere")  # no signal
    assert places.find("furness").name == "Furness", "nobody has looked yet"

    places.look()

    assert places.find("furness").name == "Changed elsewhere"


def test_unchanged_places_are_not_read_again(bay, django_assert_num_queries):
    kept = places.table()

    with django_assert_num_queries(1):
        places.look()

    assert places.table() is kept


def test_a_table_that_is_replaced_goes_with_all_that_was_worked_out_of_it(bay):
    travel.rank(find("LA14 4LF"), places.table().places)
    gone = [weakref.ref(places.table()), weakref.ref(next(iter(places.table().answers.values())))]

    Site.objects.filter(slug="furness").update(lat=54.2)
    places.forget()
    travel.rank(find("LA14 4LF"), places.table().places)
    gc.collect()

    assert [ref() for ref in gone] == [None, None]


class Thing:
    def __init__(self, mark):
        self.mark = mark


@pytest.mark.django_db(transaction=True)
def test_one_reads_while_the_others_use_what_was(monkeypatch):
    monkeypatch.setattr(keeper, "SEEN", 0.0)
    reading, go_on, gave_up = threading.Event(), threading.Event(), threading.Event()

    def read(before):
        if before is not None:
            reading.set()
            if not go_on.wait(20):
                gave_up.set()
        return Thing(1 if before is None else 2)

    kept = keeper.Keeper(lambda: 2, read)
    first = kept.get()
    one = threading.Thread(target=kept.get)
    one.start()
    assert reading.wait(20)

    assert kept.get() is first
    assert not gave_up.is_set(), "and it did not wait"

    go_on.set()
    one.join()
    assert kept.at_hand().mark == 2


def test_a_reading_that_fails_leaves_what_was_and_is_said_once_until_it_goes_well(db, caplog):
    faults = [DatabaseError, DatabaseError, None, DatabaseError]

    def read(before):
        if before is not None and (fault := faults.pop(0)):
            raise fault
        return Thing(len(faults))

    kept = keeper.Keeper(lambda: None, read)
    first = kept.get()
    assert kept.look() is kept.look() is first
    assert kept.look() is not first
    assert kept.look().mark == 1

    said = [one.levelname for one in caplog.records if one.name == "sites.keeper"]
    assert said == ["ERROR", "WARNING", "ERROR"]


def test_what_was_never_read_is_a_fault_of_who_asks(db):
    def read(_before):
        raise DatabaseError

    with pytest.raises(DatabaseError):
        keeper.Keeper(lambda: 1, read).get()


def test_what_is_rolled_back_was_never_seen_by_others(transactional_db):
    trust = Trust.objects.create(code="RTX", name="Bay")
    before = places.table()
    with transaction.atomic():
        Site.objects.create(slug="new", name="New", kind="cdc", trust=trust, lat=54, lon=-3)
        assert places.find("new")
        seen = []
        other = threading.Thread(target=lambda: seen.append(places.find("new")))
        other.start()
        other.join()
        transaction.set_rollback(True)

    assert seen == [None]
    assert places.find("new") is None
    assert places.table() is before
