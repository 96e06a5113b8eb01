"""Two years of appointments from a seeded generator, written by the database itself.

Each appointment has a request and a slot of its own; four have one patient. Days, places, exams,
hours, ages, waits and ends are spread by numbers that share no divisor. A request whose time was
cancelled or missed ends a week later, so that nobody waits for ever.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from booking.models import Exam, Patient, Referral, Slot
from insights.days import at
from sites.models import Site

DAYS = 730
PATIENT_HAS = 4
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
MINUTES = 30
BEGINS = 7 * 60
"""Minutes after midnight of the first time of a day; there are 28 of half an hour, to 9pm."""
URGENCIES = ("routine", "routine", "routine", "urgent", "suspected_cancer", "planned", "routine")


def fill(
    count: int, last: date, patients: Callable[[Any, int, int], None] | None = None
) -> tuple[date, date]:
    """Write so many appointments over the two years that end with a day; return first and last.

    `patients` writes as many as it is told from a key on; all alike, unless it is given.
    """
    first = last - timedelta(days=DAYS - 1)
    slot = Slot.objects.filter(free_at=None).order_by("pk").first()
    exams = list(Exam.objects.order_by("pk").values_list("pk", "modality"))
    sites = list(Site.objects.order_by("pk").values_list("pk", "trust"))
    if slot is None:
        raise SystemExit("the scene is not built")
    with connection.cursor() as cursor:
        _tables(cursor, first, exams, sites)
        starts = {
            table: (model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
            for table, model in (("patient", Patient), ("referral", Referral), ("slot", Slot))
        }
        (patients or _patients)(cursor, starts["patient"], count // PATIENT_HAS)
        _referrals(cursor, starts, count)
        _slots(cursor, starts["slot"], count, slot)
        _appointments(cursor, starts, count)
        cursor.execute("ANALYZE")
    return first, last


def _tables(cursor: Any, first: date, exams: list[Any], sites: list[Any]) -> None:
    moment = connection.ops.adapt_datetimefield_value
    kind = "timestamp with time zone" if connection.vendor == "postgresql" else "text"
    cursor.execute(f"CREATE TABLE bench_day (id integer PRIMARY KEY, day date, midnight {kind})")
    for number in range(-400, DAYS):
        day = first + timedelta(days=number)
        begins: datetime = at(day)
        cursor.execute("INSERT INTO bench_day VALUES (%s, %s, %s)", [number, day, moment(begins)])
    for table, rows in (("exam", exams), ("site", sites)):
        cursor.execute(
            f"CREATE TABLE bench_{table} (id integer PRIMARY KEY, pk integer, word varchar(8))"
        )
        for number, (pk, word) in enumerate(rows):
            cursor.execute(f"INSERT INTO bench_{table} VALUES (%s, %s, %s)", [number, pk, word])


def _patients(cursor: Any, first: int, count: int) -> None:
    born = "date('1930-01-01', '+' || (i * 37 %% 33000) || ' days')"
    if connection.vendor == "postgresql":
        born = "DATE '1930-01-01' + (i::bigint * 37 %% 33000)::integer"
    cursor.execute(
        "INSERT INTO booking_patient (id, given_name, family_name, family_key, born, mobile,"
        " postcode, email, address, needs, created_at)"
        f" {NUMBERS.format(count=count)} SELECT {first} + i, 'P', 'N', 'n', {born},"
        " CASE WHEN i %% 11 = 0 THEN '' ELSE '+447700900461' END, '', '', '',"
        " CASE i %% 9 WHEN 0 THEN '[\"interpreter\"]' WHEN 1 THEN '[\"wheelchair\"]' ELSE '[]' END"
        f"{'::jsonb' if connection.vendor == 'postgresql' else ''}, %s FROM n",
        [connection.ops.adapt_datetimefield_value(at(date(2020, 1, 1)))],
    )


def _referrals(cursor: Any, starts: dict[str, int], count: int) -> None:
    urgency = " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(URGENCIES))
    cursor.execute(
        "INSERT INTO booking_referral (id, code, patient_id, exam_id, trust_id, urgency,"
        " clock_start, target_day, identifier, sent, created_at, ended_at, end_reason, ended_by)"
        f" {NUMBERS.format(count=count)} SELECT {starts['referral']} + i, 'P' || {_text()},"
        f" {starts['patient']} + i / {PATIENT_HAS}, e.pk, s.word,"
        f" CASE i %% {len(URGENCIES)} {urgency} END, d.day, d.day, '', '{{}}', d.midnight,"
        f" CASE WHEN i %% 19 < 2 THEN {_week_later()} END,"
        " CASE WHEN i %% 19 < 2 THEN 'not_needed' ELSE '' END, ''"
        " FROM n JOIN bench_exam e ON e.id = i %% (SELECT count(*) FROM bench_exam)"
        " JOIN bench_site s ON s.id = i %% (SELECT count(*) FROM bench_site)"
        f" JOIN bench_day d ON d.id = i %% {DAYS} - i / 31 %% 97"
        f" JOIN bench_day t ON t.id = i %% {DAYS}",
        [],
    )


def _slots(cursor: Any, first: int, count: int, like: Slot) -> None:
    cursor.execute(
        "INSERT INTO booking_slot (id, trust_id, external_id, seat, schedule_id, site_id, modality,"
        ' start, "end", daypart, weekend, status, fed_at, is_stamped, line_digest, reserved_until)'
        f" {NUMBERS.format(count=count)} SELECT {first} + i, s.word, 'y' || {_text()}, 0, %s, s.pk,"
        f" e.word, {_later(0)}, {_later(MINUTES)}, 'morning', {_false()}, 'free', %s, {_true()}, 0,"
        " %s FROM n JOIN bench_exam e ON e.id = i %% (SELECT count(*) FROM bench_exam)"
        " JOIN bench_site s ON s.id = i %% (SELECT count(*) FROM bench_site)"
        f" JOIN bench_day d ON d.id = i %% {DAYS}",
        [like.schedule_id, *[connection.ops.adapt_datetimefield_value(like.start)] * 2],
    )


def _appointments(cursor: Any, starts: dict[str, int], count: int) -> None:
    status = "CASE i %% 19 WHEN 0 THEN 'did_not_attend' WHEN 1 THEN 'cancelled' ELSE 'attended' END"
    cursor.execute(
        "INSERT INTO booking_appointment (reference, referral_id, slot_id, site_id, start,"
        ' "end", status, version, booked_at, changed_at)'
        f" {NUMBERS.format(count=count)} SELECT 'Y' || {_text()}, {starts['referral']} + i,"
        f" {starts['slot']} + i, s.pk, {_later(0)}, {_later(MINUTES)}, {status}, 1, d.midnight,"
        " d.midnight FROM n JOIN bench_site s ON s.id = i %% (SELECT count(*) FROM bench_site)"
        f" JOIN bench_day d ON d.id = i %% {DAYS}",
        [],
    )


def _later(minutes: int) -> str:
    """SQL: when a time of the day begins, or ends so many minutes after."""
    after = f"({BEGINS} + i / {DAYS} %% 28 * {MINUTES} + {minutes})"
    if connection.vendor == "postgresql":
        return f"d.midnight + {after} * interval '1 minute'"
    return f"datetime(d.midnight, '+' || {after} || ' minutes')"


def _week_later() -> str:
    """SQL: a week after the midnight of the day of the appointment."""
    if connection.vendor == "postgresql":
        return "t.midnight + interval '7 days'"
    return "datetime(t.midnight, '+7 days')"


def _text() -> str:
    """SQL: a number as seven letters: of more than ten million, too."""
    if connection.vendor == "postgresql":
        return "lpad(to_hex(i), 7, '0')"
    return "printf('%%07x', i)"


def _true() -> str:
    return "true" if connection.vendor == "postgresql" else "1"


def _false() -> str:
    return "false" if connection.vendor == "postgresql" else "0"
