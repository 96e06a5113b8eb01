"""Two records of one person are joined: all goes over, and every door leads there."""

import secrets
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from booking.appointments import booking, holds
from booking.exchange.writeback.cursor import changes_after
from booking.models import (
    Answer,
    Appointment,
    AuditEntry,
    Merge,
    OtherPhone,
    Patient,
    Referral,
    Slot,
    WorklistRow,
)
from booking.patients import code_sign_in, comparison, lookup, merging, record, taking_apart
from booking.patients.needs import change_needs
from booking.referrals import ending
from booking.worklists.nobody_lost import lost
from notifications import opt_outs, replies
from notifications.models import Message
from sites.models import Scanner
from tests.booking.patients.merging.conftest import HERS, LEAD, OTHER, book, join
from tests.racing import Rival, at_once, only_postgresql


def test_all_that_hangs_on_the_one_goes_to_the_other_and_no_text_is_sent(
    jane, twice, staff, make_slot, now
):
    hers, made = (
        book(jane, make_slot(day=5), now),
        book(twice, make_slot(day=9, modality="CT"), now),
    )
    holds.hold(twice, make_slot(day=20, modality="CT").pk, now=now)
    record.add_note(twice.patient, "Rings late", staff, now=now)
    texts = set(Message.objects.values_list("pk", flat=True))

    join(jane.patient, twice.patient, now)

    kept = Patient.objects.get(pk=jane.patient_id)
    twice.refresh_from_db()
    assert twice.patient == kept
    assert set(Appointment.objects.filter(referral__patient=kept)) == {hers, made}
    assert Slot.objects.filter(held_by__patient=kept).count() == 1
    answers = Answer.objects.filter(referral__patient=kept, question="hearing")
    assert set(answers.values_list("referral", flat=True)) == {jane.pk, twice.pk}
    assert (kept.mobile, kept.email, kept.nhs_number) == (HERS, "jane@example.com", "9990000018")
    assert kept.needs == ["hoist", "carer"]
    assert [one.text for one in kept.notes.all()] == ["Rings late"]
    assert [one.number for one in kept.other_phones.all()] == ["+441229870870"]
    assert [one.name for one in kept.contacts.all()] == ["Mary"]
    assert set(Message.objects.values_list("pk", flat=True)) == texts
    waiting = Message.objects.filter(state__in=["scheduled", "ready"])
    assert set(waiting.values_list("to", flat=True)) == {HERS}
    audited = AuditEntry.objects.filter(action="joined with another record")
    assert set(audited.values_list("patient", flat=True)) == {
        jane.patient_id, taking_apart.last_merge(kept).lost_id,
    }  # fmt: skip
    assert "Jane" not in str(list(audited.values_list("detail")))
    assert not lost(now).exists()


def test_who_has_the_others_needs_now_and_is_booked_where_nobody_can_is_a_row(
    jane, twice, make_slot, now
):
    Scanner.objects.filter(modality="CT").update(hoist=False)
    made = book(twice, make_slot(modality="CT"), now)

    join(jane.patient, twice.patient, now)

    row = WorklistRow.objects.get(about__startswith="unfit", closed_at=None)
    assert row.appointment == made
    assert row.reason.startswith("There is no hoist there")


def number_of(appointment):
    changes, _ = changes_after("RTX", 0, 10)
    return next((c.number, c.version) for c in changes if c.appointment == appointment)


def test_trusts_read_what_is_to_come_again_when_two_are_joined_or_taken_apart(
    jane, twice, make_slot, now
):
    hers, made = (
        book(jane, make_slot(day=5), now),
        book(twice, make_slot(day=9, modality="CT"), now),
    )
    seen = [[number_of(hers), number_of(made)]]

    joined = join(jane.patient, twice.patient, now)
    seen.append([number_of(hers), number_of(made)])
    taking_apart.unmerge(joined, "Two people", now=now, actor=LEAD)
    seen.append([number_of(hers), number_of(made)])

    booked, after_join, after_parting = seen
    assert min(after_join) > max(booked)
    assert min(after_parting) > max(after_join)
    assert {version for pairs in seen for _, version in pairs} == {1}


@pytest.mark.parametrize("theirs", [(), comparison.FIELDS], ids=["ours", "theirs"])
def test_every_door_leads_to_the_one_record_by_what_either_was_known_by(
    jane, twice, make_slot, now, theirs
):
    Patient.objects.filter(pk=twice.patient_id).update(
        nhs_number="9990000026", born=date(1961, 12, 3), family_name="Fall", family_key="fall"
    )
    hers = book(jane, make_slot(day=5), now)
    made = book(twice, make_slot(day=9, modality="CT"), now)
    codes = {one.pk: one.reply_codes.get().code for one in (hers, made)}

    join(jane.patient, twice.patient, now, *theirs, are_numbers_checked=True)

    kept = Patient.objects.get(merged_into=None)
    assert kept.pk == jane.patient_id
    assert kept.born == (date(1961, 12, 3) if theirs else date(1961, 3, 12))
    for typed in ("999 000 0018", "999 000 0026", "07700 900461", "07700 900462", jane.code,
                  made.reference, "Fell 12 3 1961", "Fall 3 12 1961"):  # fmt: skip
        assert lookup.find_patients(typed).patients == [kept], typed
    for typed in (f"{twice.code} 999 000 0018", f"{jane.code} 999 000 0026 Fall 3 12 1961"):
        assert lookup.find_patients(typed).only == kept, typed
    for code in (jane.code, twice.code):
        for born in (date(1961, 3, 12), date(1961, 12, 3)):
            assert code_sign_in.authenticate_patient(code, born, now=now).patient == kept
        with pytest.raises(code_sign_in.NotRecognised):
            code_sign_in.authenticate_patient(code, date(1961, 1, 1), now=now)
    for number, appointment in ((HERS, hers), (OTHER, made)):
        reply = replies.keep(
            f"SM{number}", number=number, body=f"CANCEL {codes[appointment.pk]}", opt_out_type="",
            now=now,
        )  # fmt: skip
        replies.handle(reply, now)
        appointment.refresh_from_db()
        assert appointment.status == "cancelled"


def test_a_new_reply_code_is_nobodys_on_either_phone(
    jane, twice, make_referral, make_slot, now, monkeypatch
):
    """Also not one of somebody else who has the phone of the record that was joined."""
    tom = make_referral(code="3XRD7JQF", given_name="Tom", mobile=OTHER)
    codes = {book(tom, make_slot(day=9), now).reply_codes.get().code}
    codes.add(book(twice, make_slot(day=9, modality="CT"), now).reply_codes.get().code)
    join(jane.patient, twice.patient, now)
    choose, offered = secrets.choice, []
    monkeypatch.setattr("secrets.choice", lambda free: offered.append(set(free)) or choose(free))

    book(Referral.objects.get(pk=jane.pk), make_slot(day=5), now)

    (free,) = [one for one in offered if len(one) > 1000]
    assert not codes & free


CHANGES = {
    "a mobile": lambda jane, slot, now: record.correct_mobile(
        jane.patient, "07700900999", now=now, actor=LEAD
    ),
    "a booking": lambda jane, slot, now: book(jane, slot, now),
    "a hold": lambda jane, slot, now: holds.hold(jane, slot.pk, now=now),
    "an end": lambda jane, slot, now: ending.end(jane, "elsewhere", now=now, actor=LEAD),
    "a phone": lambda jane, slot, now: OtherPhone.objects.create(
        patient=jane.patient, number="+441229870871"
    ),
    "needs": lambda jane, slot, now: change_needs(
        jane.patient, ["sight"], shown=[], now=now, actor=LEAD
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_joined_if_either_changed_since_it_was_seen(jane, twice, make_slot, now, change):
    for one in (jane, twice):
        seen = comparison.compare(jane.patient, twice.patient, now=now).version
        CHANGES[change](one, make_slot(day=5, modality=one.exam.modality), now)
        with pytest.raises(merging.MergeChanged):
            join(jane.patient, twice.patient, now, seen=seen)
    assert not Merge.objects.exists()


def test_what_must_not_be_joined_is_refused(jane, twice, make_referral, now):
    third = make_referral(code="3XRD7JQF", nhs_number="9990000026", mobile="")

    with pytest.raises(merging.CannotMerge, match="two different NHS numbers"):
        join(jane.patient, third.patient, now)
    ending.end(twice, "died", now=now, actor="staff 1")
    with pytest.raises(merging.CannotMerge, match="having died"):
        join(jane.patient, twice.patient, now)
    assert not Merge.objects.exists()


def test_two_requests_for_one_scan_stay_and_two_times_on_a_day_are_asked_about(
    jane, make_referral, make_slot, now
):
    again = make_referral(code="9GWP3KTY", mobile=OTHER)
    book(jane, make_slot(day=5, hour=9), now)
    holds.hold(again, make_slot(day=5, hour=15).pk, now=now)

    joined = join(jane.patient, again.patient, now)

    asked = WorklistRow.objects.filter(kind="needs_person", closed_at=None, referral=again)
    assert {row.about.split(":")[0] for row in asked} == {"twice", "clash"}
    assert Referral.objects.filter(ended_at=None).count() == 2
    taking_apart.unmerge(joined, "Two people", now=now, actor="staff 1")
    assert not asked.all().exists()


def test_who_asked_for_no_texts_gets_none_on_that_number(jane, twice, make_slot, now):
    made = book(twice, make_slot(day=20, modality="CT"), now)
    opt_outs.opt_out(opt_outs.hash_of(HERS), source="reply", now=now)

    join(jane.patient, twice.patient, now)

    of_it = Message.objects.filter(subject=made.reference)
    assert not of_it.filter(state__in=["scheduled", "ready"]).exists()
    assert WorklistRow.objects.filter(kind="not_reached", closed_at=None).exists()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_join_a_booking_a_referral_and_the_join_the_other_way_at_once(
    jane, twice, make_slot, send, now
):
    for day in range(3, 7):
        slot = make_slot(day=day, modality="CT")
        referral = Referral.objects.get(pk=twice.pk)
        holds.hold(referral, slot.pk, now=now)
        refusals = (merging.MergeChanged, merging.CannotMerge, holds.SlotTaken, holds.HoldExpired)

        at_once(
            lambda: join(jane.patient, twice.patient, now),
            lambda: join(twice.patient, jane.patient, now),
            lambda referral=referral, slot=slot: booking.book(
                referral, slot.pk, now=now, actor="patient"
            ),
            lambda day=day: send(f"N{day}", mobile="07700900462", given_name="Jane Ann",
                                 family_name="Fell", clock_start=f"2026-11-{day:02}"),
            refusals=refusals,
        )  # fmt: skip

        joined = Merge.objects.filter(undone_at=None)
        assert joined.count() <= 1
        assert not Referral.objects.exclude(patient__merged_into=None).exists()
        assert not lost(now + timedelta(minutes=1)).exists()
        for one in joined:
            taking_apart.unmerge(one, "Again", now=now, actor="staff 1")


@only_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["book", "die"])
def test_who_waits_for_a_join_goes_on_with_the_patient_of_now(jane, twice, make_slot, now, act):
    """The referral that was read before is another patient's by then: both are kept out since."""
    read_before, gone = Referral.objects.get(pk=twice.pk), twice.patient_id
    slot = make_slot(day=9, modality="CT")
    holds.hold(read_before, slot.pk, now=now)

    def book_then_look():
        with transaction.atomic():
            booking.book(read_before, slot.pk, now=now, actor="patient")
            return read_before.patient_id

    def die():
        ending.end(read_before, "died", now=now, actor=LEAD)
        return read_before.patient_id

    with transaction.atomic():
        join(jane.patient, twice.patient, now)
        rival = Rival(book_then_look if act == "book" else die)
        rival.wait_until_done_or_blocked()

    assert rival.result() == jane.patient_id
    if act == "die":
        assert not Patient.objects.filter(pk=gone).exclude(died_at=None).exists()
        assert not Referral.objects.filter(ended_at=None).exists()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_who_writes_about_a_patient_does_not_wait_for_a_changed_nhs_number(jane, staff, now):
    """They would at their commit, with all that they hold, if a foreign key could point to it."""
    with transaction.atomic():
        Patient.objects.filter(pk=jane.patient_id).update(nhs_number="9434765919")
        rival = Rival(lambda: record.add_note(jane.patient, "Rings late", staff, now=now))
        rival.wait_until_done_or_blocked()
        assert rival.is_done()
    rival.result()


@pytest.mark.django_db(transaction=True)
def test_no_two_records_have_one_nhs_number(jane, tom):
    with pytest.raises(IntegrityError):
        Patient.objects.filter(pk=tom.patient_id).update(nhs_number=jane.patient.nhs_number)
    assert Patient.objects.filter(pk__in=[jane.patient_id, tom.patient_id]).count() == 2
