"""Two records are taken apart: all that was moved comes back."""

from datetime import date

import pytest

from booking.models import AuditAction, AuditEntry, Patient, Referral
from booking.patients import comparison, merging, reach, record, taking_apart
from booking.referrals import ending
from booking.worklists.nobody_lost import lost
from notifications.models import Message
from tests.answers import answered
from tests.booking.patients.merging.conftest import HERS, LEAD, OTHER, book, everything, join


@pytest.mark.parametrize("theirs", [(), comparison.FIELDS], ids=["ours", "theirs"])
def test_taken_apart_all_is_as_it_was(jane, twice, staff, make_slot, now, theirs):
    Patient.objects.filter(pk=twice.patient_id).update(nhs_number="9990000026")
    book(jane, make_slot(day=5), now)
    book(twice, make_slot(day=9, modality="CT"), now)
    record.add_note(twice.patient, "Rings late", staff, now=now)
    before = everything()

    joined = join(jane.patient, twice.patient, now, *theirs, are_numbers_checked=True)
    assert everything() != before
    taking_apart.unmerge(joined, "Two people", now=now, actor="staff 1")

    assert everything() == before
    assert not lost(now).exists()
    with pytest.raises(merging.CannotMerge, match="already"):
        taking_apart.unmerge(joined, "Again", now=now, actor="staff 1")


def test_what_came_after_stays_with_the_kept_one_and_is_listed(jane, twice, staff, make_slot, now):
    joined = join(jane.patient, twice.patient, now, "mobile")
    kept = Patient.objects.get(pk=jane.patient_id)
    assert kept.mobile == OTHER
    record.correct_mobile(kept, "07700900999", now=now, actor="staff 1")
    note = record.add_note(kept, "Later", staff, now=now)
    later = answered(Referral.objects.create(
        code="6MCK2VBH", patient=kept, exam=jane.exam, trust=jane.trust, urgency="urgent",
        clock_start=now.date(), target_day=now.date(),
    ))  # fmt: skip
    made = book(Referral.objects.get(pk=twice.pk), make_slot(day=9, modality="CT"), now)

    joined = taking_apart.unmerge(joined, "Two people", now=now, actor="staff 1")

    assert joined.stayed == {
        "referrals": [later.pk], "notes": [note.pk], "phones": [], "contacts": [],
        "fields": ["mobile"],
    }  # fmt: skip
    kept, other = (Patient.objects.get(pk=one.patient_id) for one in (jane, twice))
    made.refresh_from_db()
    assert (kept.mobile, other.mobile) == ("+447700900999", OTHER)
    assert made.referral.patient == other  # a referral keeps what was booked on it
    assert (later.patient, note.patient) == (kept, kept)
    going = Message.objects.filter(state__in=["scheduled", "ready"], subject=made.reference)
    assert set(going.values_list("to", flat=True)) == {OTHER}


def test_only_the_last_of_several_joins_is_taken_apart_first(jane, twice, tom, now):
    first = join(twice.patient, tom.patient, now)
    second = join(jane.patient, twice.patient, now)

    tom.refresh_from_db()
    assert tom.patient_id == jane.patient_id
    assert Patient.objects.filter(merged_into=jane.patient).count() == 2
    with pytest.raises(merging.CannotMerge, match="Undo that first"):
        taking_apart.unmerge(first, "No", now=now, actor="staff 1")
    taking_apart.unmerge(second, "No", now=now, actor="staff 1")
    taking_apart.unmerge(first, "No", now=now, actor="staff 1")
    assert not Patient.objects.exclude(merged_into=None).exists()
    assert Referral.objects.values("patient").distinct().count() == 3


CAME = {
    "nhs_number": "9990000026",
    "mobile": "+447700900999",
    "email": "tom@example.com",
    "address": "2 Long Street",
    "postcode": "LA1 1AA",
}


def test_what_was_filled_or_changed_since_is_listed_and_a_number_must_be_somebodys(
    jane, twice, now
):
    """Also of fields that the join did not swap: they may be the other person's."""
    Patient.objects.update(nhs_number=None, email="", address="")
    joined = join(jane.patient, twice.patient, now)
    Patient.objects.filter(pk=jane.patient_id).update(**CAME)

    assert set(taking_apart.what_stays(joined)["fields"]) == set(CAME)
    with pytest.raises(merging.CannotMerge, match="Say whose the NHS number is"):
        taking_apart.unmerge(joined, "Two people", now=now, actor="staff 1")
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=None)
    joined = taking_apart.unmerge(joined, "Two people", now=now, actor="staff 1")
    assert set(joined.stayed["fields"]) == set(CAME) - {"nhs_number"}


HAD, HAD_TOO, CAME_LATER = "9990000018", "9990000026", "9434765919"


@pytest.mark.parametrize("theirs", [(), ("nhs_number",)], ids=["ours", "theirs"])
@pytest.mark.parametrize("had", [(None, None), (HAD, None), (None, HAD_TOO), (HAD, HAD_TOO)])
@pytest.mark.parametrize("whose", taking_apart.WhoseNumber)
def test_a_number_that_came_after_the_join_goes_to_whom_it_is(jane, twice, now, had, theirs, whose):
    for one, number in zip((jane, twice), had, strict=True):
        Patient.objects.filter(pk=one.patient_id).update(nhs_number=number)
    joined = join(jane.patient, twice.patient, now, *theirs, are_numbers_checked=True)
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=CAME_LATER)

    joined = taking_apart.unmerge(joined, "Two people", whose, now=now, actor=LEAD)

    kept, lost_one = (Patient.objects.get(pk=one.patient_id).nhs_number for one in (jane, twice))
    assert kept == (CAME_LATER if whose == "kept" else had[0])
    assert lost_one == (CAME_LATER if whose == "lost" else had[1])
    assert joined.stayed["fields"] == (["nhs_number"] if whose == "kept" else [])


@pytest.mark.parametrize("whose", taking_apart.WhoseNumber)
def test_a_number_that_somebody_else_has_by_now_is_not_given_back(jane, twice, tom, now, whose):
    """Nothing is changed, and the lead is told which; not a failure of the database."""
    Patient.objects.filter(pk=twice.patient_id).update(nhs_number=HAD_TOO)
    joined = join(jane.patient, twice.patient, now, "nhs_number", are_numbers_checked=True)
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=CAME_LATER)
    Patient.objects.filter(pk=tom.patient_id).update(nhs_number=HAD_TOO)
    before = everything()

    if whose == "lost":  # the one number that goes back is the other one
        taking_apart.unmerge(joined, "Two people", whose, now=now, actor=LEAD)
        return
    with pytest.raises(merging.CannotMerge, match="999 000 0026"):
        taking_apart.unmerge(joined, "Two people", whose, now=now, actor=LEAD)
    assert everything() == before


def test_texts_of_who_has_no_mobile_do_not_go_on_to_the_others_phone(jane, twice, make_slot, now):
    Patient.objects.filter(pk=twice.patient_id).update(mobile="")
    made = book(Referral.objects.get(pk=twice.pk), make_slot(day=20, modality="CT"), now)
    joined = join(jane.patient, twice.patient, now)
    of_it = Message.objects.filter(subject=made.reference, state__in=["scheduled", "ready"])
    assert set(of_it.values_list("to", flat=True)) == {HERS}

    taking_apart.unmerge(joined, "Two people", now=now, actor="staff 1")

    assert not of_it.exists()


def test_a_death_since_the_join_is_put_right_first(jane, twice, now):
    joined = join(jane.patient, twice.patient, now)
    ending.end(Referral.objects.get(pk=jane.pk), "died", now=now, actor=LEAD)
    with pytest.raises(merging.CannotMerge, match="Open the requests again first"):
        taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)

    ending.reopen(Referral.objects.get(pk=jane.pk), now=now, actor=LEAD)
    taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)
    assert not Patient.objects.exclude(died_at=None).exists()
    assert not Referral.objects.exclude(ended_at=None).exists()


def test_a_death_taken_back_since_the_join_is_put_right_first(jane, twice, now):
    for one in (jane, twice):
        ending.end(one, "died", now=now, actor=LEAD)
    joined = join(jane.patient, twice.patient, now)
    ending.reopen(Referral.objects.get(pk=jane.pk), now=now, actor=LEAD)
    with pytest.raises(merging.CannotMerge, match="Record the death again first"):
        taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)

    ending.end(Referral.objects.get(pk=jane.pk), "died", now=now, actor=LEAD)
    taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)
    assert not Patient.objects.filter(died_at=None).exists()
    assert not Referral.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("ours", [True, None, False])
def test_do_not_speak_with_them_is_never_lost(jane, twice, now, ours):
    day = date(2026, 10, 1)
    reach.put_contact(
        jane.patient,
        reach.ContactDetails("Mary", "", "", False, ours, "", None if ours is None else day),
    )
    twice.patient.contacts.update(may_speak=False, agreed="they fell out")
    before = everything()

    joined = join(jane.patient, twice.patient, now)
    assert [one.may_speak for one in jane.patient.contacts.all()] == [False]
    taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)

    assert everything() == before


def test_a_wrong_number_that_was_corrected_leads_here_no_more(jane, twice, now):
    """Not by the joined record either; taken apart, that one has none."""
    Patient.objects.filter(pk=twice.patient_id).update(mobile=HERS)
    joined = join(jane.patient, twice.patient, now)

    record.correct_mobile(
        Patient.objects.get(pk=jane.patient_id), "07700900999", now=now, actor=LEAD
    )

    assert not Patient.with_mobile(HERS).exists()
    taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)
    assert Patient.objects.get(pk=joined.lost_id).mobile == ""


def test_why_stands_with_the_merge_and_not_in_the_audit(jane, twice, now):
    joined = join(jane.patient, twice.patient, now)
    taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)

    joined.refresh_from_db()
    assert (joined.reason, joined.undone_reason) == ("Same address", "Two people")
    written = AuditEntry.objects.filter(action__in=[AuditAction.MERGED, AuditAction.UNMERGED])
    assert written.count() == 4
    assert {frozenset(one.detail) for one in written} == {frozenset({"merge", "other"})}
