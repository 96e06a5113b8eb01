"""The demo has people on the list, however often it is made."""

import pytest

from booking.demo import sooner
from booking.models import Appointment, Exam, SoonerWish

pytestmark = pytest.mark.django_db


def test_the_demo_has_two_on_the_list_and_one_has_no_mobile(make_slot, trust, now):
    Exam.objects.create(
        code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee", minutes=30
    )
    make_slot(day=25, hour=9), make_slot(day=25, hour=12)
    for _ in range(2):
        assert sooner.create(now) == 2
    assert Appointment.objects.count() == 2
    mobiles = SoonerWish.objects.values_list("referral__patient__mobile", flat=True)
    assert sorted(bool(one) for one in mobiles) == [False, True]
