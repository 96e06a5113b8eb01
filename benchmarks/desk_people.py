"""Two million invented patients, with names that are like one another, and copies of their tables.

Family names are syllables in every order, so that each has many that are a letter or a sound away.
Of a hundred patients one has a rare name. The copies have no index: the control searches them.
"""

from itertools import product
from typing import Any

from django.db import connection

from benchmarks.scene import NOW
from booking.identifiers.names import sound, words_of
from booking.identifiers.people import name_key
from booking.models import Patient, Referral, Slot

PATIENTS = 2_000_000
A_DAY = 67
"""Patients of one birthday, as of two million people over eighty years."""
COPIED = ("patient", "referral", "appointment", "nameword")
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
GIVEN = [
    "Ann", "Jane", "Mary", "Ruth", "Ewa", "Zofia", "Aisha", "Fatima", "Noor", "Wei", "Flora",
    "Elsie", "Maureen", "Ella", "Priya", "Sana", "John", "Tom", "Ali", "Mohammed", "Zia", "Hans",
    "Iain", "Piotr", "Samir", "Imran", "David", "Stephen", "Wojciech", "Connor", "Sean", "José",
    "Kai", "Jo", "Pat", "Owen", "Rhys", "Bilal", "Chen",
]  # fmt: skip
STARTS = "Ash Bar Clark Den Ell Far Gor Hal Hus Jack Ken Lam Mac Nor O’Br Par Rob Sor Thorn Whit"
MIDDLES = "e i o a er in en ing al el ar on"
ENDS = (
    "field ton ley worth son sen ski well ham by man ford more den wick ridge dale row mann ssein"
)
RARE_STARTS = "Przy Szcze Grze Krzy Wojcie Świę Dzie Chrza Brzo Żół"
RARE_MIDDLES = "bysz ch mc ż l n t ws kr gn"
RARE_ENDS = "owska ewski icz anowska owicz ecki yński ulska ąg aszek"
COMMON, RARE = 3_000, 1_000
"""How many of the names everybody has, and how many the one in a hundred."""


def fill() -> None:
    """Insert the patients with a referral each, an appointment for one in ten, and the copies."""
    first = (Patient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    with connection.cursor() as cursor:
        insert_patients(cursor, first, PATIENTS)
        _referrals(cursor, first)
        write_words(cursor, first)
        for table in COPIED:
            cursor.execute(f"CREATE TABLE plain_{table} AS SELECT * FROM booking_{table}")
        cursor.execute("ANALYZE")


def insert_patients(cursor: Any, first: int, count: int, born_days: int = 0) -> None:
    """Insert so many with names, numbers and postcodes; the first has the key after `first`.

    Their birthdays are over so many days, over as many as A_DAY says unless it is given.
    """
    _name_tables(cursor)
    family = f"CASE WHEN {_rest('i', 100)} = 0 THEN {COMMON} + {_rest('i / 100', RARE)}"
    family += f" ELSE {_rest('i', COMMON)} END"
    cursor.execute(
        "INSERT INTO booking_patient (id, given_name, family_name, family_key, born,"
        " nhs_number, mobile, postcode, email, address, needs, created_at)"
        f" {NUMBERS.format(count=count)} SELECT {first} + i, g.name, f.name, f.key,"
        f" {_days(born_days or PATIENTS // A_DAY)},"
        f" {_text('7000000000 + i', 10)}, '+447' || {_text('i', 9)},"
        f" {_postcode()}, '', '', '[]', %s"
        f" FROM n JOIN bench_family f ON f.id = {family}"
        f" JOIN bench_given g ON g.id = {_rest('i / 7', len(GIVEN))}",
        [connection.ops.adapt_datetimefield_value(NOW)],
    )


def _name_tables(cursor: object) -> None:
    """Make the tables of names, with their keys, words and sounds."""
    family = [
        *_names(STARTS, MIDDLES, ENDS)[:COMMON],
        *_names(RARE_STARTS, RARE_MIDDLES, RARE_ENDS),
    ]
    for table, names in (("family", family), ("given", GIVEN)):
        execute = cursor.execute  # type: ignore[attr-defined]
        execute(
            f"CREATE TABLE bench_{table} (id integer PRIMARY KEY, name varchar(60),"
            " key varchar(60), word varchar(40), sound varchar(40))"
        )
        for number, name in enumerate(names):
            word = words_of(name)[0]
            execute(
                f"INSERT INTO bench_{table} VALUES (%s, %s, %s, %s, %s)",
                [number, name, name_key(name), word, sound(word)],
            )


def _names(*parts: str) -> list[str]:
    return ["".join(one) for one in product(*map(str.split, parts))]


def _referrals(cursor: object, first: int) -> None:
    exam = Referral.objects.select_related("exam").first()
    slot = Slot.objects.filter(free_at=None).first()
    if exam is None or slot is None:
        raise SystemExit("the scene is not built")
    execute = cursor.execute  # type: ignore[attr-defined]
    now = connection.ops.adapt_datetimefield_value(NOW)
    today = connection.ops.adapt_datefield_value(NOW.date())
    execute(
        "INSERT INTO booking_referral (id, code, patient_id, exam_id, trust_id, urgency,"
        " clock_start, target_day, identifier, sent, created_at, end_reason, ended_by)"
        f" {NUMBERS.format(count=PATIENTS)} SELECT {first} + i, 'P' || {_text('i', 7)},"
        f" {first} + i, %s, %s, 'routine', %s, %s, '', '{{}}', %s, '', '' FROM n",
        [exam.exam_id, exam.trust_id, today, today, now],
    )
    execute(
        "INSERT INTO booking_appointment (id, reference, referral_id, slot_id, site_id, start,"
        ' "end", status, version, booked_at, changed_at)'
        f" {NUMBERS.format(count=PATIENTS // 10)} SELECT i, 'Q' || {_text('i', 7)},"
        f" {first} + i * 10, %s, %s, %s, %s, 'attended', 1, %s, %s FROM n",
        [slot.pk, slot.site_id, now, now, now, now],
    )


def write_words(cursor: object, first: int) -> None:
    """Insert the words of all names; their trigrams at once and not one by one."""
    execute = cursor.execute  # type: ignore[attr-defined]
    on_sqlite = connection.vendor == "sqlite"
    trigger = "SELECT sql FROM sqlite_master WHERE name = 'nameword_grams_insert'"
    made_by = execute(trigger).fetchone()[0] if on_sqlite else ""
    execute("DROP TRIGGER nameword_grams_insert" if on_sqlite else "DROP INDEX name_word_grams")
    for table, column in (("family", "family_name"), ("given", "given_name")):
        execute(
            "INSERT INTO booking_nameword (patient_id, born, word, sound)"
            f" SELECT p.id, p.born, b.word, b.sound FROM booking_patient p JOIN bench_{table} b"
            f" ON b.name = p.{column} WHERE p.id > {first}"
        )
    if on_sqlite:
        execute("INSERT INTO booking_nameword_grams (booking_nameword_grams) VALUES ('rebuild')")
        execute(made_by)
    else:
        grams = "USING gin (word gin_trgm_ops)"
        execute(f"CREATE INDEX name_word_grams ON booking_nameword {grams}")


def _text(number: str, width: int) -> str:
    """SQL: a number as text of `width` digits."""
    return f"substr('000000000000' || ({number}), -{width})" if connection.vendor == "sqlite" else (
        f"lpad(({number})::text, {width}, '0')"
    )  # fmt: skip


def _rest(number: str, of: int) -> str:
    """SQL: the remainder, without the sign that means a parameter."""
    return f"(({number}) - ({number}) / {of} * {of})"


def _postcode() -> str:
    """SQL: a postcode, at which 36 patients live, as 38 people do in the United Kingdom.

    1.8 million postcodes in use, 68 million people (both ONS).
    """
    letters = "ABCDEFGHJLNPQRSTUWXYZ"
    return (
        f"'PR' || {_rest('i', 97)} || ' ' || {_rest('i', 9)}"
        f" || substr('LNP', 1 + {_rest('i / 128331', 3)}, 1)"
        f" || substr('{letters}', 1 + {_rest('i / 6111', len(letters))}, 1)"
    )


def _days(days: int) -> str:
    """SQL: a birthday, one of so many."""
    day = _rest("i", days)
    if connection.vendor == "sqlite":
        return f"date('1930-01-01', '+' || {day} || ' days')"
    return f"date '1930-01-01' + {day}"
