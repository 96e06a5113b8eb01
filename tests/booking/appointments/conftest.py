"""Jane answers a question before her scan, and holds a time."""

import pytest

from booking.appointments import choosing
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.identifiers.actors import PATIENT


@pytest.fixture
def say(jane, now):
    def say(question, value, at=now, actor=PATIENT):
        version = file.current().version
        return answer(jane, question, value, version=version, now=at, actor=actor)

    return say


@pytest.fixture
def hold(jane, now):
    def hold(slot, actor=PATIENT, at=now):
        return choosing.hold_for_patient(jane, slot.pk, None, now=at, actor=actor)

    return hold
