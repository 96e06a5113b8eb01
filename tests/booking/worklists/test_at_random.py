"""Patients, clerks, feeds, texts and time in any order: nobody is lost, nothing is left of an end.

Each run is one transaction that is rolled back. The clock's task runs whenever a quarter of an
hour has passed, as beat runs it; between two of its turns anything may happen.
"""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from booking.appointments import booking, displacing, holds, trust_answers, undo
from booking.models import Appointment, Exam, Merge, Patient, Referral, Slot, WorklistRow
from booking.models.appointment import LIVE
from booking.patient import text_replies
from booking.patients import comparison, merging, record, taking_apart
from booking.referrals import ending, intake, submission, urgency
from booking.worklists import chasing, rows
from booking.worklists.nobody_lost import State, lost, open_referrals
from notifications.attention import Notice, Reason
from notifications.models import Message
from notifications.replies import Reply
from tests.answers import answered

QUARTER = timedelta(minutes=15)
REFUSALS = (
    holds.SlotTaken, holds.HoldExpired, holds.SlotNotSuitable, holds.ReferralEnded,
    booking.AppointmentChanged, undo.TooLateToUndo, trust_answers.TooEarly,
    merging.MergeChanged, merging.CannotMerge,
    submission.ReferralInvalid, urgency.ReasonNeeded, record.NothingToText,
)  # fmt: skip
WHICH = st.integers(0, 5)
URGENCIES = st.sampled_from(list(Referral.Urgency.values))
SLOT_DAYS = st.integers(1, 60)
CLERK, FEED = "staff 1", "feed RTX"


class Network(RuleBasedStateMachine):
    """One trust with whatever slots are asked for, three patients, and everybody acting."""

    now = None
    make_slot = None

    def __init__(self):
        super().__init__()
        self._block = transaction.atomic()
        self._block._from_testcase = True  # what is played has transactions of its own inside
        self._block.__enter__()
        Exam.objects.create(
            code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee",
            minutes=30,
        )  # fmt: skip
        self.started, self.ticked, self.sent = self.now, self.now, 0
        self.refer(0, "routine", mobile=True)

    def teardown(self):
        transaction.set_rollback(True)
        self._block.__exit__(None, None, None)

    # --- who acts on what

    def referral(self, which):
        found = list(Referral.objects.select_related("patient", "exam").order_by("pk"))
        return found[which % len(found)]

    def appointment(self, which):
        read = Appointment.objects.select_related(
            "slot", "site", "referral__patient", "referral__exam"
        )
        found = list(read.order_by("-pk"))
        return found[which % len(found)] if found else None

    def row(self, which):
        found = list(WorklistRow.objects.filter(closed_at=None).order_by("pk"))
        return found[which % len(found)] if found else None

    # --- time

    @rule(minutes=st.integers(0, 14))
    def wait_a_little(self, minutes):
        self.now += timedelta(minutes=minutes)
        self.tick()

    @rule(days=st.integers(1, 21), hours=st.integers(0, 23))
    def wait_long(self, days, hours):
        self.now += timedelta(days=days, hours=hours)
        self.tick()

    def tick(self):
        if self.now - self.ticked >= QUARTER:
            trust_answers.chase_confirmations(now=self.now, actor="beat")
            chasing.open_due_rows(now=self.now)
            self.ticked = self.now

    # --- referrers

    @rule(which=WHICH, urgency=URGENCIES, mobile=st.booleans())
    def refer(self, which, urgency, mobile):
        self.sent += 1
        self._receive(f"RTX-{self.sent}", which, urgency, mobile)

    @rule(number=st.integers(1, 3), which=WHICH, urgency=URGENCIES, mobile=st.booleans())
    def send_again(self, number, which, urgency, mobile):
        self._receive(f"RTX-{number}", which, urgency, mobile)

    def _receive(self, identifier, which, urgency, mobile):
        person = which % 3
        sent = submission.ReferralSubmission(
            trust="RTX", identifier=identifier, given_name=f"P{person}", family_name="Fell",
            born=date(1961, 3, 12 + person).isoformat(),
            nhs_number=["9990000018", "9990000026", "9990000034"][person],
            mobile="07700 900461" if mobile else "", exam="MR-KNEE", urgency=urgency,
            clock_start=self.started.date().isoformat(),
        )  # fmt: skip
        with suppress(*REFUSALS):
            referral, new = intake.create_referral(sent, now=self.now, actor=FEED)
            if new:
                answered(referral)
                Referral.objects.filter(pk=referral.pk).update(created_at=self.now)

    @rule(which=WHICH, to=URGENCIES)
    def change_urgency(self, which, to):
        with suppress(*REFUSALS):
            urgency.change_urgency(
                self.referral(which), to, now=self.now, actor=CLERK, reason="asked"
            )

    # --- patients and clerks

    @rule(which=WHICH, days=SLOT_DAYS, actor=st.sampled_from(["patient", CLERK]))
    def book(self, which, days, actor):
        referral = self.referral(which)
        slot = self.make_slot(day=(self.now - self.started).days + days)
        with suppress(*REFUSALS):
            holds.hold(referral, slot.pk, now=self.now)
            booking.book(referral, slot.pk, now=self.now, actor=actor, undo_window=undo.UNDO)

    @rule(which=WHICH)
    def undo(self, which):
        made = self.appointment(which)
        if made:
            with suppress(*REFUSALS):
                undo.undo(made, made.version, now=self.now, actor=CLERK)

    @rule(which=WHICH)
    def cancel(self, which):
        made = self.appointment(which)
        if made:
            with suppress(*REFUSALS):
                booking.cancel(made, made.version, now=self.now, actor=CLERK)

    @rule(which=WHICH, outcome=st.sampled_from(list(rows.Outcome.values)))
    def close_row(self, which, outcome):
        row = self.row(which)
        if row and row.kind != rows.Kind.UNMARKED:
            rows.close_row(row, outcome, now=self.now, actor=CLERK)

    @rule(which=WHICH, came=st.booleans())
    def mark(self, which, came):
        made = self.appointment(which)
        if made:
            say = trust_answers.attended if came else trust_answers.missed
            with suppress(*REFUSALS):
                say(made, made.version, now=self.now, actor=FEED)

    @rule(which=WHICH, reason=st.sampled_from(list(Referral.End.values)))
    def end(self, which, reason):
        with suppress(*REFUSALS):
            ending.end(self.referral(which), reason, now=self.now, actor=CLERK)

    @rule(which=WHICH)
    def reopen(self, which):
        ending.reopen(self.referral(which), now=self.now, actor=CLERK)

    @rule(which=WHICH, last=st.integers(0, 3))
    def correct_mobile(self, which, last):
        patient = self.referral(which).patient
        typed = f"07700 90046{last}" if last else ""
        record.correct_mobile(patient, typed, now=self.now, actor=CLERK)

    @rule(kept=WHICH, other=WHICH)
    def join(self, kept, other):
        people = list(Patient.objects.filter(merged_into=None).order_by("pk"))
        kept, other = people[kept % len(people)], people[other % len(people)]
        seen = comparison.compare(kept, other, now=self.now).version
        theirs = frozenset(["mobile"])
        asked = merging.Asked(seen, "same", theirs, are_numbers_checked=True)
        with suppress(*REFUSALS):
            merging.merge(kept, other, asked, now=self.now, actor=CLERK)

    @rule(which=WHICH)
    def take_apart(self, which):
        joined = list(Merge.objects.order_by("pk"))
        if joined:
            with suppress(*REFUSALS):
                taking_apart.unmerge(joined[which % len(joined)], "two", now=self.now, actor=CLERK)

    # --- trusts and their feeds

    @rule(which=WHICH, confirms=st.booleans())
    def answer(self, which, confirms):
        made = self.appointment(which)
        if made:
            say = trust_answers.confirm if confirms else trust_answers.refuse
            with suppress(*REFUSALS):
                say(made, made.version, now=self.now, actor=FEED)

    @rule(which=WHICH)
    def withdraw(self, which):
        made = self.appointment(which)
        if made:
            transaction.atomic(displacing.withdraw_slots)([made.slot_id], now=self.now, actor=FEED)

    @rule(which=WHICH)
    def ask_to_confirm(self, which):
        """The next bookings are pending, or no longer."""
        feed = Referral.objects.order_by("pk")[0].trust.feed
        feed.confirms = not feed.confirms
        feed.save(update_fields=["confirms"])

    # --- texts

    @rule(which=WHICH)
    def text_fails(self, which):
        made = self.appointment(which)
        if made:
            notice = Notice(Reason.NOT_DELIVERED, subject=made.reference)
            transaction.atomic(text_replies.phone_instead)(None, notice, self.now)

    @rule(which=WHICH, command=st.sampled_from(["cancel", "yes", "unclear"]))
    def reply(self, which, command):
        made = self.appointment(which)
        code = made and made.reply_codes.order_by("-pk").first()
        if code:
            transaction.atomic(text_replies.act)(
                None,
                Reply(
                    inbound_id=f"SM{self.sent}", number="+447700900461", number_hash="x",
                    command=command, code=code.code, twilio_answered=False,
                ),
                self.now,
            )  # fmt: skip

    # --- what always holds

    @invariant()
    def nobody_is_lost(self):
        assert list(lost(self.now).values_list("code", flat=True)) == []
        states = dict(open_referrals(self.now).values_list("pk", "state"))
        for referral in Referral.objects.filter(ended_at=None):
            assert states[referral.pk] == self._state_in_words(referral)

    def _state_in_words(self, referral):
        """The rule once more, read row by row: the SQL must say the same."""
        live = referral.appointments.filter(status__in=LIVE).first()
        if live:
            return State.TO_COME if live.end > self.now else State.UNMARKED
        if WorklistRow.objects.filter(referral=referral, closed_at=None).exists():
            return State.ON_ROW
        return State.WAITING

    @invariant()
    def nothing_is_left_on_a_record_that_was_joined(self):
        assert not Referral.objects.exclude(patient__merged_into=None).exists()
        assert not Patient.objects.exclude(merged_into__merged_into=None).exists()

    @invariant()
    def suspected_cancer_is_on_a_list_or_was_seen_to(self):
        for referral in Referral.objects.filter(ended_at=None, urgency="suspected_cancer"):
            assert WorklistRow.objects.filter(referral=referral).exists() or (
                referral.appointments.filter(status__in=LIVE).exists()
            )

    @invariant()
    def nothing_is_left_of_what_ended(self):
        over = Referral.objects.exclude(ended_at=None)
        assert not Appointment.objects.filter(
            referral__in=over, status__in=LIVE, start__gt=self.now
        ).exists()
        assert not WorklistRow.objects.filter(
            referral__in=over, kind__in=chasing.ABOUT_OPEN, closed_at=None
        ).exists()
        assert not Slot.objects.filter(held_by__in=over, free_at__gt=self.now).exists()

    @invariant()
    def nobody_texts_or_phones_the_family_of_the_dead(self):
        for patient in Patient.objects.exclude(died_at=None):
            mine = Appointment.objects.filter(referral__patient=patient)
            subjects = [f"referral-{pk}" for pk in patient.referrals.values_list("pk", flat=True)]
            subjects += mine.values_list("reference", flat=True)
            assert not Message.objects.filter(
                subject__in=subjects, state__in=["scheduled", "ready"]
            ).exists()
            phone = ["not_reached", *chasing.ABOUT_OPEN]
            assert not WorklistRow.objects.filter(
                referral__patient=patient, kind__in=phone, closed_at=None
            ).exists()


@pytest.mark.django_db
def test_nobody_is_lost_whatever_anybody_does(now, make_slot, monkeypatch):
    monkeypatch.setattr(Network, "now", now)
    monkeypatch.setattr(Network, "make_slot", staticmethod(make_slot))

    run_state_machine_as_test(
        Network,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            derandomize=True,  # the same acts on every machine and database
            database=None,
            phases=[Phase.generate],  # to make a failure shorter takes minutes: ask for it by hand
        ),
    )
