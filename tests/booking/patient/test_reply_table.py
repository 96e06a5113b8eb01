"""Every reply of replies.csv does what the table says, and none cancels what nobody meant."""

import pytest

from tests.booking.patient.reply_scenes import SCENES, cases, confusion, done_about

CASES = cases()


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case.reply[:30]))
def test_a_reply_does_what_its_row_says(case):
    assert done_about(case.last_text, case.reply) == case.done


@pytest.mark.django_db
def test_nobody_is_ever_cancelled_unless_they_meant_it():
    table, wrong = confusion(CASES)
    assert wrong == 0
    assert table["cancel", "cancel"] > 30  # else the test is blind


def test_the_table_is_long_and_has_every_scene_and_code():
    assert len({(case.last_text, case.reply) for case in CASES}) == len(CASES) >= 150
    assert {case.last_text for case in CASES} == set(SCENES)
    assert {case.code for case in CASES} == {"right", "wrong", "none", "old", "another"}
    assert not [case for case in CASES if case.done == "cancel" and case.meaning != "cancel"]
