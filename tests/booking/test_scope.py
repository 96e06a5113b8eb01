"""Whose a row is: another trust's is not reached, and no view of staff or systems asks by hand."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from booking.appointments import booking, holds
from booking.changes import audit
from booking.models import (
    Alert,
    AuditAction,
    AuditEntry,
    FeedCall,
    FeedKey,
    FeedLocation,
    FeedRefusal,
    FirstAnswer,
    FreedSlot,
    Loss,
    LostClinic,
    Offer,
    Patient,
    Referral,
    ReservedShare,
    Shift,
    Webhook,
    WorklistRow,
)
from booking.models.scope import ScopedQuerySet
from booking.offers.making import Terms, make
from booking.worklists import rows, subjects
from sites.models import Trust

BY_PATH = {"Answer", "Appointment", "AuditEntry", "FreedSlot", "Offer", "Patient"}
"""Models that have no trust of their own, and belong to one by what they are about."""
BY_HAND = re.compile(r"(^|__)(trust|trusts|caller)(_id|__code|__pk)?(__in|__exact)?$")


def of_trusts():
    """Every model of booking that belongs to trusts."""
    for model in apps.get_app_config("booking").get_models():
        keys = [one for one in model._meta.fields if one.related_model is Trust]
        if keys or model.__name__ in BY_PATH:
            yield model


@pytest.fixture
def two_trusts(jane, tom, furness, blackburn, make_slot, make_staff, now):
    """A row of each model for Jane's trust, RTX, and one for Tom's, RXR."""
    Referral.objects.filter(pk=tom.pk).update(trust="RXR")
    tom.refresh_from_db()
    for referral, site in ((jane, furness), (tom, blackburn)):
        trust, slot = referral.trust_id, make_slot(site=site)
        holds.hold(referral, slot.pk, now=now)
        made = booking.book(referral, slot.pk, now=now, actor="patient")
        offered = make_slot(site=site, day=9)
        terms = Terms(Offer.Why.SOONER, now + timedelta(hours=4))
        make(referral, offered.pk, terms, now=now, actor="staff 1")
        FreedSlot.objects.create(slot=offered, freed_at=now)
        key = FeedKey.objects.create(trust_id=trust, prefix=f"key{trust}", created_at=now)
        FeedLocation.objects.create(trust_id=trust, external_id="1", site=site, fed_at=now)
        FeedCall.objects.create(trust_id=trust, key=key, at=now, call="$import", status=200)
        FeedRefusal.objects.create(trust_id=trust, at=now, line=1, code="value", what="x")
        ReservedShare.objects.create(
            trust_id=trust, modality="MR", percent=9, hours=9, changed_at=now
        )
        Loss.objects.create(trust_id=trust, begun_at=now)
        LostClinic.objects.create(
            trust_id=trust, site=site, begins=now, ends=now + timedelta(days=1), scope=trust,
            reason="broken", state="said", said_at=now, said_by="staff 1",
        )  # fmt: skip
        FirstAnswer.objects.create(caller_id=trust, key_hash="1", started_at=now)
        Webhook.objects.create(
            trust_id=trust, url="x", secret="x", created_at=now, told=0, next_try_at=now
        )
        Alert.objects.create(
            referral=referral, trust_id=trust, why="received", raised_at=now, raised_by="x",
            acknowledge_by=now, book_by=now, scan_by=now, tell_by=now,
        )  # fmt: skip
        person = make_staff("lead", [trust], username=trust)
        Shift.objects.create(
            trust_id=trust, level="lead", person=person, begins_at=now,
            ends_at=now + timedelta(1), made_at=now, made_by="x",
        )  # fmt: skip
        with transaction.atomic():
            about = subjects.of_appointment(made)
            rows.open_row(rows.Kind.NEEDS_PERSON, about, "Ring.", now=now, actor="x")
            audit.write(AuditAction.VIEWED, now=now, actor="staff 1", referral=referral)


def test_every_model_that_belongs_to_trusts_says_whose_a_row_is():
    found = {model.__name__: model for model in of_trusts()}

    assert len(found) == 23
    assert found.keys() > BY_PATH
    for name, model in found.items():
        assert isinstance(model.objects.all(), ScopedQuerySet), name
        assert isinstance(model._default_manager.all(), ScopedQuerySet), name


def test_no_trust_reaches_a_row_of_another(two_trusts):
    for model in of_trusts():
        name, everything = model.__name__, set(model.objects.values_list("pk", flat=True))
        reached = {
            code: set(model.objects.of_trust(code).values_list("pk", flat=True))
            for code in ("RTX", "RXR", "RXL", "")
        }
        assert reached["RTX"], name
        assert reached["RXR"], name
        assert not reached["RTX"] & reached["RXR"], name
        assert reached["RTX"] | reached["RXR"] == everything, name
        assert reached["RXL"] | reached[""] == set(), name
        for several, expected in [
            (["RTX"], reached["RTX"]), (["RTX", "RXR"], everything), (["RXL"], set()), ([], set()),
        ]:  # fmt: skip
            assert set(model.objects.of_trusts(several).values_list("pk", flat=True)) == expected


def test_a_patient_scanned_elsewhere_is_of_both_trusts(jane, blackburn, make_slot, now):
    slot = make_slot(site=blackburn)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")

    for trusts, is_theirs in [(["RTX"], True), (["RXR"], True), (["RXL"], False), ([], False)]:
        assert jane.patient.is_of(trusts) is is_theirs
        assert Patient.objects.of_trusts(trusts).exists() is is_theirs
        assert made.__class__.objects.of_trusts(trusts).exists() is is_theirs
    assert Referral.objects.of_trust("RXR").count() == 0
    assert AuditEntry.objects.of_trust("RXR").count() == 0


def test_a_row_of_no_trust_is_everybodys(trust, now):
    with transaction.atomic():
        rows.open_row(
            rows.Kind.NEEDS_PERSON, subjects.of_reply("1", None), "Read it.", now=now, actor="x"
        )
    for found in (WorklistRow.objects.of_trust("RXR"), WorklistRow.objects.of_trusts([])):
        assert found.count() == 1
    assert rows.open_rows(["RXR"]).count() == 1
    assert sum(count for _, count, _ in rows.counts(["RXR"], now + timedelta(days=9))) == 1


def _scoped_by_hand(source):
    """Lines on which a view filters by trust, or compares one, without the querysets' own words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            is_query = name in {"filter", "exclude", "get", "Q", "get_object_or_404", "When"}
            if is_query and any(BY_HAND.search(one.arg or "") for one in node.keywords):
                yield node.lineno
        elif isinstance(node, ast.Compare):
            sides = [getattr(side, "attr", "") for side in (node.left, *node.comparators)]
            if {"trust_codes", "trust_id"} & set(sides):
                yield node.lineno


@pytest.mark.parametrize(
    "line",
    [
        "Slot.objects.filter(trust_id=trust)",
        "Slot.objects.exclude(a=1).filter(start=1, trust__in=staff.trust_codes)",
        "Q(referral__trust__in=codes)",
        "get_object_or_404(FeedKey, trust=trust)",
        "if row.trust_id not in staff.trust_codes: pass",
        "found = referral.trust_id == trust",
        "FirstAnswer.objects.get(caller_id=trust)",
    ],
)
def test_what_is_scoped_by_hand_is_noticed(line):
    assert list(_scoped_by_hand(line)) == [1]


def test_no_view_scopes_by_hand():
    views = [
        file
        for room in ("api", "clerk")
        for file in Path(settings.BASE_DIR, "booking", room).rglob("*.py")
    ]
    assert len(views) > 40
    by_hand = {
        f"{file.parent.name}/{file.name}:{line}"
        for file in views
        for line in _scoped_by_hand(file.read_text(encoding="utf-8"))
    }
    assert by_hand == set()
