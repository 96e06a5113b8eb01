"""Invented patients with referrals, and staff to sign in as.

Mobile numbers are Ofcom's for drama (07700 900xxx); NHS numbers start with 999, which are never
given to people.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django_otp.oath import totp

from booking.alerts.raising import raise_alert
from booking.alerts.rota import NewShift, add_shift
from booking.changes import second_factors
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Alert, Exam, Patient, Referral, SecondFactor, Shift, Staff
from booking.waits.targets import target_day
from booking.worklists import chasing
from sites.models import Trust
from times.london import LONDON

CLERK, CLERK_PASSWORD = "clerk", "demo-clerk-2026"


SECOND_FACTOR = "3132333435363738393031323334353637383930"
"""Hex of the demo staff's TOTP secret: RFC 6238's own test key, so nobody takes it for one."""
RECOVERY_CODES = ["demo2222", "demo3333", "demo4444", "demo5555"]


class DemoPatient(NamedTuple):
    """One invented patient with one referral. `waited`: days since the clock started."""

    code: str
    given_name: str
    family_name: str
    born: date
    mobile: str
    nhs_number: str
    exam: str
    trust: str
    urgency: str
    waited: int
    postcode: str
    needs: list[str]


class DemoStaff(NamedTuple):
    """One invented member of staff."""

    username: str
    first_name: str
    last_name: str
    role: str
    trusts: list[str]
    phone: str = ""


PATIENTS = [
    DemoPatient("7KQ49CRB", "Jane", "Fell", date(1961, 3, 12), "+447700900461", "9990000018",
                "MR-KNEE", "RTX", "routine", 9, "LA14 4LF", ["carer"]),
    DemoPatient("4HT8VMXD", "Samir", "O’Neill-Rahman", date(1984, 11, 2), "+447700900782",
                "9990000026", "CT-CHEST", "RXL", "suspected_cancer", 2, "FY7 6HP", []),
    DemoPatient("9GWP3KTY", "Maureen", "Whittle", date(1947, 7, 30), "+447700900118",
                "9990000034", "BMD-HIP", "RXN", "routine", 20, "PR2 9HT",
                ["wheelchair", "interpreter"]),
    DemoPatient("3XRD7JQF", "Tom", "Hargreaves", date(1999, 1, 19), "", "9990000042",
                "US-NECK", "RXR", "urgent", 5, "BB2 3HH", []),
    DemoPatient("6MCK2VBH", "Aisha", "Patel", date(1972, 9, 5), "+447700900935", "9990000050",
                "DX-HAND", "RXR", "routine", 30, "BB5 0RE", []),
    DemoPatient("8PDF5WGX", "Ella", "Fell", date(1990, 6, 1), "+447700900461", "9990000069",
                "MR-LSPINE", "RTX", "urgent", 3, "LA14 4LF", []),
    DemoPatient("5BKC7VMD", "Derek", "Lowe", date(1958, 2, 8), "+447700900327", "9990000077",
                "NM-BONE", "RTX", "routine", 10, "LA1 4RP", []),
]  # fmt: skip
STAFF = [
    DemoStaff(CLERK, "Carol", "Ashworth", "clerk", ["RTX", "RXL", "RXN"]),
    DemoStaff("lead", "Leela", "Nair", "lead", ["RXR", "RXL", "RTX"], "+447700900702"),
    DemoStaff("imaging", "Imran", "Shah", "imaging", ["RTX", "RXL"], "+447700900701"),
    DemoStaff("admin", "Noor", "Aziz", "network_admin", ["RTX", "RXL", "RXN", "RXR"]),
]
"""All with the clerk's password and second factor. The clerk needs a reason for RXR's patients."""
ON_CALL_AT = "RXL"
ON_CALL = [("imaging", Shift.Level.ON_CALL), ("lead", Shift.Level.LEAD)]
"""Who is told of suspected cancer there. The other places are gaps, which the rota shows."""
ACTOR = Actor(ActorKind.COMMAND)


def create(now: datetime) -> None:
    """Create the patients, their referrals and the staff; what is there stays as it is."""
    for demo in PATIENTS:
        create_patient(demo, now)
    for person in STAFF:
        _create_staff(person, now)
    _create_rota(now)
    chasing.open_due_rows(now=now)


def _create_rota(now: datetime) -> None:
    """Put somebody at some places of a trust's chain for four weeks."""
    for username, level in ON_CALL:
        person = Staff.objects.get(user__username=username)
        if not person.shifts.filter(level=level, ends_at__gt=now).exists():
            wanted = NewShift(ON_CALL_AT, level, person, now, now + timedelta(weeks=4), False)
            add_shift(wanted, now=now, actor=ACTOR)


def create_patient(demo: DemoPatient, now: datetime) -> Referral:
    """Create one patient with a referral; what is there stays as it is."""
    today = now.astimezone(LONDON).date()
    patient, _ = Patient.objects.get_or_create(
        nhs_number=demo.nhs_number,
        defaults={
            "given_name": demo.given_name,
            "family_name": demo.family_name,
            "born": demo.born,
            "mobile": demo.mobile,
            "postcode": demo.postcode,
            "needs": demo.needs,
        },
    )
    clock_start = today - timedelta(days=demo.waited)
    referral, is_new = Referral.objects.get_or_create(
        code=demo.code,
        defaults={
            "patient": patient,
            "exam": Exam.objects.get(code=demo.exam),
            "trust_id": demo.trust,
            "urgency": demo.urgency,
            "clock_start": clock_start,
            "target_day": target_day(demo.urgency, clock_start),
        },
    )
    if is_new and referral.urgency == Referral.Urgency.SUSPECTED_CANCER:
        with transaction.atomic():
            raise_alert(referral, Alert.Why.RECEIVED, now=now, actor=ACTOR)
    if is_new:  # it has waited as long as its clock says
        Referral.objects.filter(pk=referral.pk).update(created_at=now - timedelta(days=demo.waited))
    return referral


def code_now() -> str:
    """Return the six digits that the demo staff's app shows now."""
    return f"{totp(bytes.fromhex(SECOND_FACTOR)):06}"


def _create_staff(person: DemoStaff, now: datetime) -> None:
    """Create one account with its second factor; its recovery codes work again at each start."""
    user, is_new = User.objects.get_or_create(
        username=person.username,
        defaults={"first_name": person.first_name, "last_name": person.last_name},
    )
    if is_new:
        user.set_password(CLERK_PASSWORD)
        user.save()
    staff, _ = Staff.objects.get_or_create(
        user=user, defaults={"role": person.role, "phone": person.phone}
    )
    staff.trusts.set(Trust.objects.filter(code__in=person.trusts))
    second_factors.take_over(user, now=now)  # of a demo of before
    SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": SECOND_FACTOR, "confirmed": True}
    )
    second_factors.give_codes(user, RECOVERY_CODES, now=now)
