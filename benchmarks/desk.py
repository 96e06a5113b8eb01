"""The desk: finding one of two million patients by any key, and drawing the patient's screen.

The control asks the same of copies of the tables that have no index. A page's data is all that
its view does before the template; its rendering is the template alone.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.scene import NOW
from benchmarks.timing import in_turns, verdict
from booking.clerk import desk_views, patient_views
from booking.identifiers.actors import CLOCK
from booking.identifiers.people import name_key
from booking.models import Appointment, Patient, Referral, Slot, Staff
from booking.patients.lookup import find_patients
from booking.worklists import rows
from booking.worklists.subjects import of_reply
from sites.models import Postcode, Trust

PATIENTS = 2_000_000
FIND_AT_MOST, QUERIES, RENDER_AT_MOST = 1 / 100, 2, 0.5
ROUNDS, OFTEN = 7, 50
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
SOMEBODY = 1_234_567
"""Which of the invented patients is looked for."""


def _text(number: str, width: int) -> str:
    """SQL: a number as text of `width` digits."""
    return f"substr('000000000000' || ({number}), -{width})" if connection.vendor == "sqlite" else (
        f"lpad(({number})::text, {width}, '0')"
    )  # fmt: skip


def fill() -> None:
    """Insert the patients with a referral each, an appointment for one in ten, and the copies."""
    first = (Patient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    exam = Referral.objects.select_related("exam").first()
    slot = Slot.objects.filter(free_at=None).first()
    if exam is None or slot is None:
        raise SystemExit("the scene is not built")
    numbers = NUMBERS.format(count=PATIENTS)
    day = "(i - i / 30000 * 30000)"  # the remainder, without the sign that means a parameter
    days = f"date('1930-01-01', '+' || {day} || ' days')"
    if connection.vendor != "sqlite":
        days = f"date '1930-01-01' + {day}"
    now = connection.ops.adapt_datetimefield_value(NOW)
    today = connection.ops.adapt_datefield_value(NOW.date())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO booking_patient (id, given_name, family_name, family_key, born,"
            " nhs_number, mobile, postcode, needs, created_at)"
            f" {numbers} SELECT {first} + i, 'Ann', 'Fell' || (i - i / 7919 * 7919),"
            f" 'fell' || (i - i / 7919 * 7919), {days}, {_text('7000000000 + i', 10)},"
            f" '+447' || {_text('i', 9)}, 'PR1 4LF', '[]', %s FROM n",
            [now],
        )
        cursor.execute(
            "INSERT INTO booking_referral (id, code, patient_id, exam_id, trust_id, urgency,"
            " clock_start, target_day, identifier, created_at, end_reason, ended_by)"
            f" {numbers} SELECT {first} + i, 'P' || {_text('i', 7)}, {first} + i, %s, %s,"
            " 'routine', %s, %s, '', %s, '', '' FROM n",
            [exam.exam_id, exam.trust_id, today, today, now],
        )
        cursor.execute(
            "INSERT INTO booking_appointment (id, reference, referral_id, slot_id, site_id, start,"
            ' "end", status, version, booked_at, changed_at)'
            f" {NUMBERS.format(count=PATIENTS // 10)} SELECT i, 'Q' || {_text('i', 7)},"
            f" {first} + i * 10, %s, %s, %s, %s, 'attended', 1, %s, %s FROM n",
            [slot.pk, slot.site_id, now, now, now, now],
        )
        for table in ("patient", "referral", "appointment"):
            cursor.execute(f"CREATE TABLE plain_{table} AS SELECT * FROM booking_{table}")
        cursor.execute("ANALYZE")


def _ours(typed: str) -> Callable[[], list[int]]:
    return lambda: [one.pk for one in find_patients(typed).patients]


def _often(act: Callable[[], object]) -> Callable[[], object]:
    """Return an act of many: ours is too short to be timed beside the control by itself."""

    def acts() -> None:
        for _ in range(OFTEN):
            act()

    return acts


def _control(where: str, *values: str | None) -> Callable[[], list[int]]:
    """Return the same search over the copies: patients, then their referrals."""

    def ask() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT p.* FROM plain_patient p WHERE {where} LIMIT 20", values)
            found = [row[0] for row in cursor.fetchall()]
            marks = ", ".join(["%s"] * len(found)) or "NULL"
            cursor.execute(f"SELECT * FROM plain_referral WHERE patient_id IN ({marks})", found)
            cursor.fetchall()
        return found

    return ask


def _searches(
    somebody: Patient, code: str
) -> dict[str, tuple[Callable[[], list[int]], Callable[[], list[int]]]]:
    born = connection.ops.adapt_datefield_value(somebody.born)
    by_code = (
        "p.id IN (SELECT patient_id FROM plain_referral WHERE code = %s UNION SELECT r.patient_id"
        " FROM plain_appointment a JOIN plain_referral r ON r.id = a.referral_id"
        " WHERE a.reference = %s)"
    )
    day: date = somebody.born
    return {
        "reference": (_ours(code), _control(by_code, code, code)),
        "NHS number": (
            _ours(somebody.nhs_number or ""),
            _control("p.nhs_number = %s", somebody.nhs_number),
        ),
        "name and birthday": (
            _ours(f"{somebody.family_name} {day.day} {day.month} {day.year}"),
            _control("p.born = %s AND p.family_key = %s", born, name_key(somebody.family_name)),
        ),
        "phone": (_ours(somebody.mobile), _control("p.mobile = %s", somebody.mobile)),
    }


def _make_findable() -> tuple[Patient, str]:
    """Give one of the two million what a real patient has: a valid number and a real code."""
    somebody = Patient.objects.get(nhs_number=str(7_000_000_000 + SOMEBODY))
    with connection.cursor() as cursor:
        for table in ("booking", "plain"):
            cursor.execute(
                f"UPDATE {table}_patient SET nhs_number = '9990000018', mobile = '+447700900461'"
                " WHERE id = %s",
                [somebody.pk],
            )
            cursor.execute(
                f"UPDATE {table}_referral SET code = '7KQ49CRB' WHERE patient_id = %s",
                [somebody.pk],
            )
    somebody.refresh_from_db()
    return somebody, "7KQ49CRB"


def run() -> None:
    """Fill the tables; check that both sides find the same, print both tables."""
    start = time.perf_counter()
    fill()
    filled = time.perf_counter() - start
    somebody, code = _make_findable()
    count = Patient.objects.count()
    print(f"Find, {count:,} patients, {connection.vendor} (ms, median, in turns; {filled:.0f} s to")
    print("fill): ours, the control without indexes, queries")
    met = True
    for name, (ours, control) in _searches(somebody, code).items():
        if ours() != control() or somebody.pk not in ours():
            raise SystemExit(f"by {name}, we and the control do not find the same")
        with CaptureQueriesContext(connection) as asked:
            ours()
        taken = in_turns(ROUNDS, ours=_often(ours), control=control)
        fast, slow = taken["ours"] / OFTEN, taken["control"]
        ratio = fast / slow
        met = met and ratio <= FIND_AT_MOST and len(asked) <= QUERIES
        print(f"  {name:<18}{fast:8.2f}{slow:10.1f}{len(asked):4}   1/{1 / ratio:.0f}")
    print(f"  at most {QUERIES} queries and 1/100 of the control: {verdict(met)}\n")
    _render(somebody)


def _render(somebody: Patient) -> None:
    """Time the desk and one patient's screen: data against template."""
    user = User.objects.create_user("bench")
    staff = Staff.objects.create(user=user, role="clerk")
    staff.trusts.set(Trust.objects.filter(code="RXN"))
    Postcode.objects.create(code="PR1 4LF", outward="PR1", sector="PR1 4", lat=53.76, lon=-2.68)
    referral = somebody.referrals.get()
    for number in range(20):
        with transaction.atomic():
            rows.open_row(
                rows.Kind.NEEDS_PERSON,
                of_reply(str(number), referral),
                "Ring.",
                now=NOW,
                actor=CLOCK,
            )
    call_command("collectstatic", interactive=False, verbosity=0)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(user)
    spent = {"render": 0.0}
    plain = desk_views.render

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return plain(*args, **options)
        finally:
            spent["render"] += time.perf_counter() - start

    desk_views.render = patient_views.render = timed
    print("Pages of the desk (ms, mean): data, template")
    for name, address in {
        "desk": "/staff/desk/",
        "patient": f"/staff/patient/{somebody.pk}/",
    }.items():
        if browser.get(address).status_code != 200:
            raise SystemExit(f"{address} does not answer")
        spent["render"], rounds = 0.0, 100
        start = time.perf_counter()
        for _ in range(rounds):
            browser.get(address)
        whole = (time.perf_counter() - start) / rounds * 1000
        template = spent["render"] / rounds * 1000
        data = whole - template
        met = verdict(template <= RENDER_AT_MOST * data)
        said = f"{template / data:.2f} x (target {RENDER_AT_MOST}): {met}"
        print(f"  {name:<18}{data:8.2f}{template:8.2f}   {said}")
    desk_views.render = patient_views.render = plain
    print(f"  appointments in the table: {Appointment.objects.count():,}\n")
