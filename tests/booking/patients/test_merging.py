"""Two records of one person are joined and taken apart: all goes over, and all comes back."""

import secrets
from datetime import date, timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.identifiers.actors import Actor, ActorKind
from booking.models import (
    Appointment,
    AuditEntry,
    Contact,
    Merge,
    Note,
    OtherPhone,
    Patient,
    Referral,
    Slot,
    WorklistRow,
)
from booking.patients import code_sign_in, comparison, lookup, merging, reach, record, same_person
from booking.referrals import ending, intake, submission
from booking.worklists import chasing, rows, subjects
from booking.worklists.nobody_lost import lost
from notifications import opt_outs, replies
from notifications.models import Message
from tests.booking.referrals.test_intake import SENT
from tests.racing import at_once, only_postgresql

LEAD = Actor(ActorKind.STAFF, 1)
HERS, OTHER = "+447700900461", "+447700900462"


@pytest.fixture
def jane(make_referral):
    return make_referral(nhs_number="9990000018", needs=["hoist"])


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
    tables = [Patient, Referral, Appointment, Slot, OtherPhone, Contact, Note]
    kept = [list(model.objects.order_by("pk").values()) for model in tables]
    texts = Message.objects.order_by("pk").values_list("pk", "state", "to", "body")
    open_rows = WorklistRow.objects.filter(closed_at=None).order_by("pk")
    return kept, list(texts), list(open_rows.values_list("kind", "about"))


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
        jane.patient_id, merging.last_merge(kept).lost_id,
    }  # fmt: skip
    assert "Jane" not in str(list(audited.values_list("detail")))
    assert not lost(now).exists()


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
    "needs": lambda jane, slot, now: record.set_needs(jane.patient, ["sight"], now=now, actor=LEAD),
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
    merging.unmerge(joined, "Two people", now=now, actor="staff 1")
    assert not asked.all().exists()


@pytest.mark.parametrize("theirs", [(), comparison.FIELDS], ids=["ours", "theirs"])
def test_taken_apart_all_is_as_it_was(jane, twice, staff, make_slot, now, theirs):
    Patient.objects.filter(pk=twice.patient_id).update(nhs_number="9990000026")
    book(jane, make_slot(day=5), now)
    book(twice, make_slot(day=9, modality="CT"), now)
    record.add_note(twice.patient, "Rings late", staff, now=now)
    before = everything()

    joined = join(jane.patient, twice.patient, now, *theirs, are_numbers_checked=True)
    assert everything() != before
    merging.unmerge(joined, "Two people", now=now, actor="staff 1")

    assert everything() == before
    assert not lost(now).exists()
    with pytest.raises(merging.CannotMerge, match="already"):
        merging.unmerge(joined, "Again", now=now, actor="staff 1")


def test_what_came_after_stays_with_the_kept_one_and_is_listed(jane, twice, staff, make_slot, now):
    joined = join(jane.patient, twice.patient, now, "mobile")
    kept = Patient.objects.get(pk=jane.patient_id)
    assert kept.mobile == OTHER
    record.correct_mobile(kept, "07700900999", now=now, actor="staff 1")
    note = record.add_note(kept, "Later", staff, now=now)
    later = Referral.objects.create(
        code="6MCK2VBH", patient=kept, exam=jane.exam, trust=jane.trust, urgency="urgent",
        clock_start=now.date(), target_day=now.date(),
    )  # fmt: skip
    made = book(Referral.objects.get(pk=twice.pk), make_slot(day=9, modality="CT"), now)

    joined = merging.unmerge(joined, "Two people", now=now, actor="staff 1")

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
        merging.unmerge(first, "No", now=now, actor="staff 1")
    merging.unmerge(second, "No", now=now, actor="staff 1")
    merging.unmerge(first, "No", now=now, actor="staff 1")
    assert not Patient.objects.exclude(merged_into=None).exists()
    assert Referral.objects.values("patient").distinct().count() == 3


def test_who_asked_for_no_texts_gets_none_on_that_number(jane, twice, make_slot, now):
    made = book(twice, make_slot(day=20, modality="CT"), now)
    opt_outs.opt_out(opt_outs.hash_of(HERS), source="reply", now=now)

    join(jane.patient, twice.patient, now)

    of_it = Message.objects.filter(subject=made.reference)
    assert not of_it.filter(state__in=["scheduled", "ready"]).exists()
    assert WorklistRow.objects.filter(kind="not_reached", closed_at=None).exists()


# --- referrals that come in -------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("here", "sent", "is_asked"),
    [
        ("9990000018", {}, True),
        (None, {"nhs_number": "9990000026"}, True),
        (None, {}, True),
        (None, {"given_name": "Jane Mary"}, True),
        ("9990000018", {"nhs_number": "9990000026"}, False),
        ("9990000018", {"born": "13/3/1961"}, False),
        ("9990000018", {"given_name": "Joan"}, False),
        ("9990000018", {"family_name": "Hill"}, False),
    ],
)
def test_a_likely_match_is_taken_and_asked_about(send, jane, here, sent, is_asked):
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=here)

    referral = send(**sent)

    assert referral.patient_id != jane.patient_id  # nobody waits
    assert [row.referral for row in asked()] == ([referral] if is_asked else [])


def test_the_same_number_is_the_same_person_and_nobody_is_asked(send, jane):
    assert send(nhs_number="9990000018").patient == jane.patient
    assert asked() == []


def test_asked_first_nothing_is_saved_until_somebody_says_who_it_is(send, jane):
    with pytest.raises(intake.LikelySame) as likely:
        send(whose=intake.Whose.ASK)

    assert likely.value.patients == [jane.patient]
    assert Referral.objects.count() == 1
    assert send(whose=jane.patient).patient == jane.patient
    assert send("N2", whose=intake.Whose.NEW, clock_start="2026-11-21").patient != jane.patient
    assert asked() == []


def test_two_people_are_not_asked_about_again(send, jane, now):
    other = send().patient
    assert same_person.alike(jane.patient) == [other]

    rows.close_row(asked()[0], "two_people", now=now, actor="staff 1")

    assert same_person.alike(jane.patient) == same_person.alike(other) == []


@pytest.mark.parametrize("topic", ["same", "twice", "clash"])
def test_what_is_said_of_a_pair_puts_no_call_off(send, jane, now, topic):
    referral = send()
    Referral.objects.filter(pk=referral.pk).update(created_at=now - timedelta(days=3))

    row = asked()[0]
    if topic != "same":
        subject = subjects.of_two_requests(subjects.Topic(topic), referral, jane)
        with transaction.atomic():
            row = rows.open_row(rows.Kind.NEEDS_PERSON, subject, "Ask", now=now, actor="staff 1")
    rows.close_row(row, "two_people" if topic == "same" else "reached", now=now, actor="staff 1")
    chasing.open_due_rows(now=now)

    assert WorklistRow.objects.filter(kind="not_booked", referral=referral).exists()


def test_joined_the_row_is_closed_and_either_may_be_sent_again(send, jane, now):
    other = send(mobile="07700900462")

    join(jane.patient, other.patient, now)

    assert asked() == []
    assert WorklistRow.objects.get(kind="same_person").outcome == "one_person"
    again = send(mobile="07700900462", given_name="Jane", urgency="suspected_cancer")
    assert (again.pk, again.patient, again.urgency) == (other.pk, jane.patient, "suspected_cancer")
    new = send("N3", nhs_number="9990000018", clock_start="2026-11-22")
    by_phone = send("N4", mobile="07700900462", clock_start="2026-11-23")
    assert {new.patient, by_phone.patient} == {jane.patient}
    assert Patient.objects.get(pk=jane.patient_id).mobile == HERS


@pytest.mark.parametrize("nhs_number", ["9990000018", ""], ids=["the number", "the phone"])
def test_a_trust_sends_again_with_the_birthday_that_was_not_kept(send, jane, now, nhs_number):
    theirs = {"born": "1961-03-21", "nhs_number": nhs_number, "mobile": "07700900462"}
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=None)
    other = send(**theirs)

    join(jane.patient, other.patient, now, "nhs_number")

    again = send(**theirs, urgency="suspected_cancer")
    assert (again.pk, again.patient) == (other.pk, jane.patient)
    by_the_kept = send("N2", nhs_number=nhs_number, mobile="07700900461", clock_start="2026-11-22")
    assert by_the_kept.patient == jane.patient
    if nhs_number:
        with pytest.raises(submission.Conflict):
            send("N3", nhs_number=nhs_number, born="1961-03-30")


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
            merging.unmerge(one, "Again", now=now, actor="staff 1")
