"""Invented patients with referrals, and a clerk to sign in as.

Mobile numbers are Ofcom's for drama (07700 900xxx); NHS numbers start with 999, which are never
given to people.
"""

from datetime import date, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User

from booking.models import Exam, Patient, Referral
from booking.urgency import target_day

CLERK, CLERK_PASSWORD = "clerk", "demo-clerk-2026"


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


PATIENTS = [
    DemoPatient("7KQ49CRB", "Jane", "Fell", date(1961, 3, 12), "+447700900461", "9990000018",
                "MR-KNEE", "RTX", "routine", 9),
    DemoPatient("4HT8VMXD", "Samir", "O’Neill-Rahman", date(1984, 11, 2), "+447700900782",
                "9990000026", "CT-CHEST", "RXL", "suspected_cancer", 2),
    DemoPatient("9GWP3KTY", "Maureen", "Whittle", date(1947, 7, 30), "+447700900118",
                "9990000034", "BMD-HIP", "RXN", "routine", 20),
    DemoPatient("3XRD7JQF", "Tom", "Hargreaves", date(1999, 1, 19), "", "9990000042",
                "US-NECK", "RXR", "urgent", 5),
    DemoPatient("6MCK2VBH", "Aisha", "Patel", date(1972, 9, 5), "+447700900935", "9990000050",
                "DX-HAND", "RXR", "routine", 30),
]  # fmt: skip
SHOWN = PATIENTS[:2]
"""Those whose codes `make run` prints."""


def create(today: date) -> None:
    """Create the patients, their referrals and the clerk; what is there stays as it is."""
    for demo in PATIENTS:
        patient, _ = Patient.objects.get_or_create(
            nhs_number=demo.nhs_number,
            defaults={
                "given_name": demo.given_name,
                "family_name": demo.family_name,
                "born": demo.born,
                "mobile": demo.mobile,
            },
        )
        clock_start = today - timedelta(days=demo.waited)
        Referral.objects.get_or_create(
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
    if not User.objects.filter(username=CLERK).exists():
        User.objects.create_user(CLERK, password=CLERK_PASSWORD)
