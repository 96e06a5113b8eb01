"""Whatever is done, in whatever order: no request of suspected cancer is left without an open
alert or a close with a reason and a name, and its dates never change.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.alerts import acknowledging, auditor, closing, due
from booking.alerts.state import AlertChanged
from booking.appointments import booking, displacing, holds, trust_answers, undo
from booking.appointments.holds import ReferralEnded, SlotNotSuitable, SlotTaken
from booking.models import Alert, Appointment, Referral, Slot
from booking.models.alert import OPEN
from booking.models.appointment import LIVE
from booking.models.slot import EPOCH
from booking.referrals import ending
from booking.referrals.urgency import ReasonNeeded, change_urgency
from tests.booking.alerts.conftest import alert_of

ACTS = [
    "book", "book late", "cancel", "displace", "refuse", "miss", "attend", "acknowledge", "close",
    "downgrade", "upgrade", "end by a clerk", "end by a lead", "die", "reopen", "undo", "hours",
    "a week", "clock",
]  # fmt: skip
REFUSALS = (
    AlertChanged, closing.ReasonMissing, ReferralEnded, SlotTaken, SlotNotSuitable, ReasonNeeded,
    booking.AppointmentChanged, undo.TooLateToUndo, trust_answers.TooEarly,
)  # fmt: skip
DATES = ("raised_at", "acknowledge_by", "book_by", "scan_by", "tell_by")


class Story:
    """One request, what is done to it, and when it is."""

    def __init__(self, referral, slots, clerk, lead, now):
        self.referral, self.slots, self.now = referral, slots, now
        self.clerk, self.lead = clerk.actor, lead.actor
        self.dates = {}

    def do(self, act):
        with suppress(*REFUSALS):
            getattr(self, act.replace(" ", "_"))()
        self.referral.refresh_from_db()

    def live(self):
        return Appointment.objects.filter(referral=self.referral, status__in=LIVE).first()

    def last(self):
        return Appointment.objects.filter(referral=self.referral).order_by("-pk").first()

    def book(self, late=False):
        free = Slot.objects.filter(pk__in=self.slots, start__gt=self.now, status="free")
        for slot in free.order_by("-start" if late else "start")[:1]:
            holds.hold(self.referral, slot.pk, now=self.now)
            booking.book(self.referral, slot.pk, now=self.now, actor=self.clerk)

    def book_late(self):
        self.book(late=True)

    def cancel(self):
        if live := self.live():
            booking.cancel(live, live.version, now=self.now, actor=self.clerk)

    def displace(self):
        if live := self.live():
            with transaction.atomic():
                displacing.withdraw_slots([live.slot_id], now=self.now, actor="feed RTX")

    def refuse(self):
        if live := self.live():
            trust_answers.refuse(live, live.version, now=self.now, actor="feed RTX")

    def miss(self):
        if last := self.last():
            trust_answers.missed(last, last.version, now=self.now, actor="feed RTX")

    def attend(self):
        if last := self.last():
            trust_answers.attended(last, last.version, now=self.now, actor="feed RTX")

    def acknowledge(self):
        if alert := alert_of(self.referral):
            acknowledging.acknowledge(alert.pk, alert.version, now=self.now, actor=self.lead)

    def close(self):
        if alert := alert_of(self.referral):
            reason = "ended" if self.referral.ended_at else "elsewhere"
            closing.close(alert.pk, alert.version, reason, "said so", now=self.now, actor=self.lead)

    def downgrade(self):
        change_urgency(self.referral, "routine", now=self.now, actor=self.clerk, reason="benign")

    def upgrade(self):
        change_urgency(self.referral, "suspected_cancer", now=self.now, actor=self.clerk)

    def end_by_a_clerk(self):
        ending.end(self.referral, "not_wanted", now=self.now, actor=self.clerk)

    def end_by_a_lead(self):
        ending.end(self.referral, "elsewhere", now=self.now, actor=self.lead)

    def die(self):
        ending.end(self.referral, "died", now=self.now, actor=self.clerk)

    def reopen(self):
        ending.reopen(self.referral, now=self.now, actor=self.lead)

    def undo(self):
        if last := self.last():
            undo.undo(last, last.version, now=self.now, actor=self.clerk)

    def hours(self):
        self.now += timedelta(hours=5)

    def a_week(self):
        self.now += timedelta(days=7)

    def clock(self):
        due.run_due(now=self.now)

    def must_hold(self):
        alerts = list(Alert.objects.filter(referral=self.referral).order_by("pk"))
        for alert in alerts:
            dates = [getattr(alert, name) for name in DATES]
            assert self.dates.setdefault(alert.pk, dates) == dates
            if alert.state == "closed":
                assert alert.close_reason
                assert alert.closed_by
                assert alert.closed_at
            assert (alert.next_at is None) or alert.state in ("raised", "acknowledged")
        assert sum(alert.is_open for alert in alerts) <= 1
        wants = self.referral.urgency == "suspected_cancer" and not self.referral.ended_at
        assert auditor.without_alert().count() == 0
        if not wants:
            return
        last, live = alerts[-1], self.live()
        came = self.referral.appointments.filter(status="attended").exists()
        if last.state == "booked":
            assert live
            assert last.appointment_id == live.pk
        elif last.state in OPEN:
            assert live is None or live.start > last.scan_by or last.acknowledged_at is None
        elif last.state == "scanned":
            assert came
        else:
            assert last.close_reason not in ("ended", "died")


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(acts=st.lists(st.sampled_from(ACTS), min_size=3, max_size=14))
def test_whatever_is_done_nobody_is_forgotten(scene, acts):
    around_a_test = transaction.atomic()
    around_a_test._from_testcase = True  # as the one around each test: it is no caller's own
    with around_a_test:
        story = Story(*scene)
        story.referral = Referral.objects.get(pk=story.referral.pk)
        for act in acts:
            story.do(act)
            story.must_hold()
        transaction.set_rollback(True)


@pytest.fixture
def scene(jane, rota, make_slot, make_staff, now):
    slots = [make_slot(day=day, free_at=EPOCH).pk for day in (1, 2, 5, 8, 9, 12, 20, 30)]
    clerk, lead = make_staff("clerk"), make_staff("lead", username="boss")
    return jane, slots, clerk, lead, now
