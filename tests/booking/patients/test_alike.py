"""Who may be the same person: what was said of a record holds for whom it is joined to."""

from datetime import date

import pytest

from booking.identifiers.actors import CLOCK
from booking.models import Patient
from booking.patients.same_person import alike, note_two_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    names = {"given_name": "Jane", "family_name": "Fell", "born": date(1961, 3, 12)}
    return [Patient.objects.create(**names) for _ in range(3)]


@pytest.mark.parametrize("kept", [0, 2], ids=["joined to this one", "joined to the other"])
def test_two_people_stay_two_once_one_of_their_records_is_joined(three, now, kept):
    shown, joined, other = three[kept], three[1], three[2 - kept]
    assert set(alike(shown)) == {joined, other}
    note_two_people(joined, other, now=now, actor=CLOCK)
    Patient.objects.filter(pk=joined.pk).update(merged_into=shown)

    assert alike(shown) == []
    assert alike(other) == []
