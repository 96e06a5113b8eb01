"""What names are found by letters with: said if it is missing, emptied with the words."""

import importlib
import sqlite3
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from booking.models import NameWord, Patient
from booking.patients import checks

migration = importlib.import_module("booking.migrations.0020_name_word_trigrams")


def test_the_start_says_that_this_sqlite_has_no_trigrams(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "config.sqlite")
    assert checks.sqlite_has_trigrams(None) == []

    plain = sqlite3.connect

    class Old(sqlite3.Connection):
        def execute(self, sql, *values):
            return super().execute(sql.replace("trigram", "no_such"), *values)

    monkeypatch.setattr(checks.sqlite3, "connect", lambda name: plain(name, factory=Old))
    assert [error.id for error in checks.sqlite_has_trigrams(None)] == ["booking.E001"]
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert checks.sqlite_has_trigrams(None) == []


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no users")
def test_a_user_who_may_not_add_the_extension_is_told_what_to_do(db):
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE may_little")
        cursor.execute("SET LOCAL ROLE may_little")

    with (
        pytest.raises(DatabaseError, match="CREATE EXTENSION pg_trgm; then migrate again"),
        transaction.atomic(),
        connection.schema_editor(atomic=False) as editor,
    ):
        migration.add(None, editor)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps its own index")
def test_the_index_holds_what_the_words_are_and_nothing_that_is_gone(db):
    def found(letters):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM booking_nameword_grams WHERE booking_nameword_grams MATCH %s",
                [letters],
            )
            return cursor.fetchone()[0]

    patient = Patient.objects.create(given_name="Ewa", family_name="Łuczak", born=date(1988, 1, 30))
    assert found("czak") == 1
    NameWord.objects.filter(word="luczak").update(word="hargreaves")
    assert (found("czak"), found("greav")) == (0, 1)
    patient.delete()
    assert found("greav") == 0
    with connection.cursor() as cursor:  # raises if index and words differ
        cursor.execute(
            "INSERT INTO booking_nameword_grams (booking_nameword_grams, rank)"
            " VALUES ('integrity-check', 1)"
        )
