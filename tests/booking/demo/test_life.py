"""The demo's invented people: who they are, and that every story has somebody in it."""

from collections import Counter
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from booking.demo import people as staff_of_demo
from booking.demo import stories
from booking.demo.life import filling, lists
from booking.demo.life.people import TAKEN, invent
from booking.exchange.feeds.upsert import daypart, is_weekend
from booking.identifiers.people import read_nhs_number
from booking.models import (
    EPOCH,
    Alert,
    Appointment,
    Attempt,
    AuditAction,
    AuditEntry,
    CallerHold,
    Feed,
    Merge,
    Offer,
    Patient,
    Referral,
    ReservedShare,
    Schedule,
    Slot,
    SoonerWish,
    WorklistRow,
)
from booking.worklists.nobody_lost import lost
from notifications.models import WAITING, Inbound, Message
from sites.models import Site, Trust
from tests.scenes import made_once

TODAY = date(2026, 11, 24)
A_FEW = 130


@pytest.fixture
def life(db, now):
    """Four trusts with an MRI and a CT each that have times to come, and the demo's people."""
    return made_once("demo life", lambda: _fill(now))


def _fill(now):
    call_command("load_exams", stdout=StringIO())
    slots = []
    for code, lat in (("RTX", 54.1), ("RXL", 53.8), ("RXN", 53.7), ("RXR", 53.7)):
        trust = Trust.objects.create(code=code, name=code)
        Feed.objects.create(trust=trust, last_contact_at=now, last_change_at=now)
        site = Site.objects.create(
            slug=code.lower(), name=f"Place {code}", kind="hospital", trust=trust, address="",
            postcode="", lat=lat, lon=-2.7,
        )  # fmt: skip
        for modality in ("MR", "CT"):
            schedule = Schedule.objects.create(
                trust=trust, external_id=modality, site=site, modality=modality, fed_at=now
            )
            slots += [_slot(schedule, now + timedelta(hours=6 * n)) for n in range(5, 80)]
    Slot.objects.bulk_create(slots)
    staff_of_demo.create(now)
    return filling.create(now, A_FEW)


def _slot(schedule, start):
    return Slot(
        trust_id=schedule.trust_id, external_id=f"{schedule.pk}-{start:%d%H}", seat=0,
        schedule=schedule, site_id=schedule.site_id, modality=schedule.modality, start=start,
        end=start + timedelta(minutes=45), daypart=daypart(start), weekend=is_weekend(start),
        status="free", fed_at=schedule.fed_at, free_at=EPOCH,
    )  # fmt: skip


def test_the_same_people_are_invented_each_time_with_numbers_of_nobody():
    people = invent(400, TODAY)
    assert people == invent(400, TODAY)
    assert len(people) == 400

    mobiles = [one.mobile for one in people if one.mobile]
    assert len(set(mobiles)) == len(mobiles) > 300
    assert all(one.startswith("+447700900") and len(one) == 13 for one in mobiles)
    assert not {one[-3:] for one in mobiles} & TAKEN
    landlines = [one.landline for one in people if one.landline]
    assert all(one.startswith("+441632960") and len(one) == 13 for one in landlines)
    assert any(not one.mobile and not one.landline for one in people), "some have no phone"

    numbers = [one.nhs_number for one in people if one.nhs_number]
    assert len(set(numbers)) == len(numbers) > 390
    assert all(one.startswith("999") and read_nhs_number(one) == one for one in numbers)
    assert len({one.code for one in people}) == 400


def test_languages_are_about_as_many_as_in_the_region():
    people = invent(400, TODAY)
    spoken = Counter(one.language for one in people)
    assert spoken["English"] > 280
    assert set(spoken) >= {"Urdu", "Punjabi", "Gujarati", "Polish", "Romanian"}
    interpreted = {one.language for one in people if "interpreter" in one.needs}
    assert "English" not in interpreted
    assert len(interpreted) >= 3


def test_nobody_is_lost_and_a_second_run_adds_nothing(life, now):
    assert life == Referral.objects.filter(identifier__startswith="INVENTED-").count() > 100
    assert not lost(now).exists()
    tables = (Patient, Referral, Appointment, WorklistRow, Attempt, Slot, Message, AuditEntry)
    before = [table.objects.count() for table in tables]
    assert filling.create(now, A_FEW) == 0
    assert [table.objects.count() for table in tables] == before


def test_every_list_has_rows_in_every_state(life, now):
    rows = WorklistRow.objects.filter(referral__identifier__startswith="INVENTED-")
    still = rows.filter(closed_at=None)
    kinds = set(still.values_list("kind", flat=True))
    asked = {*lists.PHONED, "unmarked", "same_person", "beyond_target"}
    assert kinds >= {str(one) for one in asked}
    to_book = still.filter(kind="not_booked")
    assert to_book.exclude(owner=None).exists()
    assert to_book.filter(due_at__lt=now).exists()
    assert to_book.filter(tries=2).exists()
    assert to_book.filter(attempts__what="call_back", call_at__gt=now).exists()
    assert still.filter(step="letter").exists()
    assert Attempt.objects.filter(what="letter_sent").exists()
    assert rows.filter(kind="not_booked", outcome="reached").exists()


def test_days_alerts_and_the_rest_have_somebody(life, now):
    made = Appointment.objects.filter(referral__identifier__startswith="INVENTED-")
    is_today = made.filter(start__date=now.date())
    assert is_today.values("site").distinct().count() >= 3
    before = made.filter(start__lt=now - timedelta(hours=12))
    states = set(before.values_list("status", flat=True))
    assert states >= {"attended", "did_not_attend", "booked"}
    assert set(Alert.objects.values_list("state", flat=True)) == set(Alert.State.values)
    assert Message.objects.filter(state="undelivered").exists()
    old = Message.objects.filter(state__in=WAITING, due_at__lt=now - timedelta(hours=1))
    assert not old.exists(), "texts of the past days do not all go when the demo starts"
    assert Inbound.objects.filter(command="stop").exclude(handled_at=None).exists()
    assert Offer.objects.filter(state="open").exists()
    assert SoonerWish.objects.exists()
    assert Merge.objects.count() == 1
    assert ReservedShare.objects.get().percent > 0
    assert CallerHold.objects.filter(until__gt=now, user__username="lead").exists()
    assert AuditEntry.objects.filter(action=AuditAction.REOPENED).exists()
    assert Referral.objects.exclude(ended_at=None).exists()


def test_it_is_said_whom_each_role_can_look_up(life):
    lines = list(stories.to_look_up())
    assert {line.split()[0] for line in lines} == {"clerk", "lead", "imaging"}
    assert any("called twice" in line for line in lines)
    twice = WorklistRow.objects.filter(closed_at=None, kind="not_booked", tries=2)
    twice.update(tries=1)
    assert not any("called twice" in line for line in stories.to_look_up()), "none is promised"


def test_of_nobody_nothing_is_made(db, now):
    assert filling.create(now, 0) == 0
    assert not Patient.objects.exists()
