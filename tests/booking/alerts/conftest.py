"""Jane, suspected of cancer, and a rota on which four people can be texted."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.alerts import due, raising
from booking.alerts.rota import NewShift, add_shift
from booking.appointments import booking, holds
from booking.identifiers.actors import Actor
from booking.models import Alert, Referral, Shift
from notifications.models import Kind, Message

LEAD, IMAGING = "lead", "imaging"
PEOPLE = {"on_call": IMAGING, "second": IMAGING, "lead": LEAD, "duty_manager": LEAD}


@pytest.fixture
def team(make_staff, trust):
    """Who stands at each place, by its name; each has a mobile and an e-mail address."""
    team = {}
    for number, (level, role) in enumerate(PEOPLE.items()):
        person = make_staff(role, ["RTX"], username=level)
        person.phone = f"+4477009005{number:02}"
        person.save()
        person.user.email = f"{level}@trust.example"
        person.user.save()
        team[level] = person
    return team


@pytest.fixture
def shift(now):
    """Put somebody on the rota of RTX; a year around now unless said."""

    def shift(level, person, begins=None, ends=None, is_override=False):
        begins = begins or now - timedelta(days=1)
        ends = ends or begins + timedelta(days=60)
        wanted = NewShift("RTX", level, person, begins, ends, is_override)
        return add_shift(wanted, now=now, actor="staff 1")

    return shift


@pytest.fixture
def rota(team, shift):
    return {level: shift(level, person) for level, person in team.items()}


@pytest.fixture
def urgent(make_referral, now):
    """Make a referral of suspected cancer, with its alert as a receipt raises it."""
    codes = iter(["7KQ49CRB", "4HT8VMXD", "9GWP3KTY", "3XRD7JQF", "6MCK2VBH"])

    def urgent(at=now, **fields):
        referral = make_referral(code=next(codes), **fields)
        Referral.objects.filter(pk=referral.pk).update(
            urgency="suspected_cancer", clock_start=at.date(),
            target_day=at.date() + timedelta(days=10),
        )  # fmt: skip
        referral.refresh_from_db()
        with transaction.atomic():
            raising.raise_alert(referral, Alert.Why.RECEIVED, now=at, actor=Actor("key", "x"))
        return referral

    return urgent


@pytest.fixture
def jane(urgent):
    return urgent()


@pytest.fixture
def book(make_slot, now):
    def book(referral, at=now, day=5, actor="patient"):
        slot = make_slot(day=day)
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, actor=actor)

    return book


def alert_of(referral):
    return Alert.objects.filter(referral=referral).order_by("-pk").first()


def run(now):
    return due.run_due(now=now)


def texts():
    """Who was texted, in the order of the texts, by the place of the conftest's team."""
    sent = Message.objects.filter(kind=Kind.STAFF_ALERT).order_by("created_at", "pk")
    levels = list(Shift.Level.values)
    return [levels[int(one.to[-2:])] for one in sorted(sent, key=lambda one: one.created_at)]


def kinds(alert):
    return [event.kind for event in alert.events.order_by("pk")]
