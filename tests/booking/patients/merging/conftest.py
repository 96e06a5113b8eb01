"""Jane, who is here twice; joining the two; and what taking apart must bring back."""

from datetime import date

import pytest

from booking.appointments import booking, holds
from booking.identifiers.actors import Actor, ActorKind
from booking.models import (
    Answer,
    Appointment,
    Contact,
    Note,
    OtherPhone,
    Patient,
    Referral,
    Slot,
    WorklistRow,
)
from booking.patients import comparison, merging, reach
from booking.referrals import intake, submission
from notifications.models import Message
from sites.models import Scanner
from tests.booking.referrals.test_intake import SENT

LEAD = Actor(ActorKind.STAFF, 1)
HERS, OTHER = "+447700900461", "+447700900462"


@pytest.fixture
def jane(make_referral):
    return make_referral(nhs_number="9990000018", needs=["hoist"])


@pytest.fixture
def make_slot(make_slot, furness):
    """Make a slot where there is a hoist, which Jane needs, for CT too."""
    Scanner.objects.create(site=furness, modality="CT", name="CT 1")
    Scanner.objects.update(hoist=True)
    return make_slot


@pytest.fixture
def twice(make_referral):
    """The same Jane once more: another phone, no NHS number, as another referral brought her."""
    referral = make_referral(
        code="9GWP3KTY", given_name="Jane Ann", modality="CT", mobile=OTHER, needs=["carer"],
        email="jane@example.com",
    )  # fmt: skip
    OtherPhone.objects.create(patient=referral.patient, number="+441229870870")
    reach.put_contact(
        referral.patient,
        reach.ContactDetails("Mary", "daughter", "", True, True, "", date(2026, 11, 1)),
    )
    return referral


@pytest.fixture
def staff(make_staff, trust):
    return make_staff("lead")


def book(referral, slot, now):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


def join(kept, lost_one, now, *theirs, **asked):
    kept, lost_one = Patient.objects.get(pk=kept.pk), Patient.objects.get(pk=lost_one.pk)
    asked.setdefault("seen", comparison.compare(kept, lost_one, now=now).version)
    asked = merging.Asked(reason="Same address", theirs=frozenset(theirs), **asked)
    return merging.merge(kept, lost_one, asked, now=now, actor="staff 1")


def everything():
    """What an unmerge must bring back; all but the records of the merge itself."""
    tables = [Patient, Referral, Appointment, Slot, OtherPhone, Contact, Note, Answer]
    kept = [list(model.objects.order_by("pk").values()) for model in tables]
    texts = Message.objects.order_by("pk").values_list("pk", "state", "to", "body")
    open_rows = WorklistRow.objects.filter(closed_at=None).order_by("pk")
    return kept, list(texts), list(open_rows.values_list("kind", "about"))


@pytest.fixture
def send(jane, now):
    def send(identifier="N1", whose=intake.Whose.LIST, **changes):
        fields = {**SENT, "given_name": "JANE", "family_name": "Féll", "nhs_number": "",
                  "mobile": "", "exam": jane.exam.code, **changes}  # fmt: skip
        sent = submission.ReferralSubmission(**fields | {"identifier": identifier})
        return intake.create_referral(sent, now=now, actor="feed RTX", whose=whose)[0]

    return send


def asked():
    return list(WorklistRow.objects.filter(kind="same_person", closed_at=None))
