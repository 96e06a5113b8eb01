"""A whole country's rows, written by PostgreSQL itself: 3,000 sites, slots, two years of bookings.

The small database is a part of the large one: as many rows for each site and trust. Keys and checks
that follow from how the rows are made are not looked at row by row; indexes are built at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection

from benchmarks import desk_people, insights_rows, scene
from booking.models import Patient, Referral, WorklistRow

ROWS_A_TRUST = 2000
"""Open rows of the lists of each trust."""
BORN_DAYS = 29_200
"""Eighty years."""
FILLED = ("slot", "appointment", "referral", "patient", "nameword", "appointmentchange",
          "worklistrow")  # fmt: skip
CODE, NHS, MOBILE = "7KQ49CRB", "9990000018", "+447700900461"
"""What one of the patients has, by which they are looked for."""
SOMEBODY = 1_200
"""Which: one with a rare name."""
KINDS = ("not_booked", "needs_person", "not_reached", "not_rebooked", "displaced", "breach")


def build(scale: int, appointments: int, last: date) -> None:
    """Fill an empty database: `scale` times 40 sites and 60,000 slots, and past appointments."""
    scene.build(scale, trusts=True)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with _without_indexes(cursor):
            insights_rows.fill(appointments, last, _patients)
            _changes(cursor)
            _rows(cursor)
        _make_findable(cursor)
        for table in FILLED:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('booking_{table}', 'id'),"
                f" (SELECT coalesce(max(id), 1) FROM booking_{table}))"
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """Drop what is no key of a table and build it again afterwards, which takes a tenth."""
    cursor.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexname::regclass)",
        [[f"booking_{table}" for table in FILLED]],
    )
    indexes = [(n, d) for n, d in cursor.fetchall() if n != "name_word_grams"]
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _, made_by in indexes:
        cursor.execute(made_by)


def _patients(cursor: Any, first: int, count: int) -> None:
    # Theirs are counted from 1, the appointments from 0.
    desk_people.insert_patients(cursor, first - 1, count, BORN_DAYS)
    desk_people.write_words(cursor, first - 1)


def _changes(cursor: Any) -> None:
    """Insert the latest change of each appointment for the trust where it is."""
    cursor.execute(
        "INSERT INTO booking_appointmentchange (trust_id, appointment_id, slot_id, version, number)"
        " SELECT s.trust_id, a.id, a.slot_id, 1, 1000000 + a.id FROM booking_appointment a"
        " JOIN sites_site s ON s.id = a.site_id ORDER BY a.id"
    )


def _rows(cursor: Any) -> None:
    """Insert open rows for each trust about its own requests, and four closed for each."""
    kinds = " ".join(f"WHEN {number} THEN '{kind}'" for number, kind in enumerate(KINDS))
    cursor.execute(
        "INSERT INTO booking_worklistrow (kind, trust_id, referral_id, about, reason, opened_at,"
        " due_at, closed_at, outcome, version, tries, step)"
        f" SELECT CASE n %% {len(KINDS)} {kinds} END, trust_id, id, code,"
        " 'Has not booked. Phone them.', %s - n %% 100 * interval '1 hour',"
        " %s + (n %% 200 - 100) * interval '1 hour',"
        " CASE WHEN c.part > 0 THEN %s - (n %% 1000 + c.part) * interval '1 hour' END,"
        " CASE WHEN c.part > 0 THEN 'reached' ELSE '' END, 0, n %% 3, %s"
        " FROM (SELECT r.*, row_number() OVER (PARTITION BY trust_id ORDER BY id DESC) AS n"
        f" FROM booking_referral r WHERE ended_at IS NULL) one, generate_series(0, 4) AS c (part)"
        " WHERE n <= %s",
        [scene.NOW] * 3 + [WorklistRow.Step.PHONE.value, ROWS_A_TRUST],
    )


def _make_findable(cursor: Any) -> None:
    """Give one patient what a real one has: a valid number, a mobile, a real code."""
    somebody = Patient.objects.get(nhs_number=str(7_000_000_000 + SOMEBODY))
    cursor.execute(
        "UPDATE booking_patient SET nhs_number = %s, mobile = %s WHERE id = %s",
        [NHS, MOBILE, somebody.pk],
    )
    one = Referral.objects.filter(patient=somebody).order_by("pk")[0]
    cursor.execute("UPDATE booking_referral SET code = %s WHERE id = %s", [CODE, one.pk])
