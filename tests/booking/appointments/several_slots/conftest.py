"""What each test is about: joined half hours, or two visits."""

import pytest

from booking.models import (
    Exam,
    Referral,
)
from tests.answers import answered
from tests.booking.appointments.several_slots.scene import KINDS, Scene, book


@pytest.fixture(params=KINDS)
def scene(request, jane, make_slot):
    made = Scene(request.param, jane, make_slot)
    jane.exam.refresh_from_db()
    return made


@pytest.fixture
def thomas(tom, scene):
    """Tom, who needs the same scan."""
    tom.exam.refresh_from_db()
    return tom


@pytest.fixture
def made(scene, jane, now):
    return book(jane, scene.slots[0], now)


@pytest.fixture
def another(jane, now):
    """Another request of Jane's, for half an hour."""
    exam = Exam.objects.create(
        code="short", name="a scan", modality="MR", body_part="x", minutes=30
    )
    referral = Referral.objects.create(
        code="3XRD7JQG", patient=jane.patient, exam=exam, trust=jane.trust, urgency="routine",
        clock_start=jane.clock_start, target_day=jane.target_day,
    )  # fmt: skip
    return answered(referral)
