"""A trust's system says `cancelled`: whose doing that is, by its role and its reason together.

The tables stand here by hand: they are what was decided, not what the code does.
"""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.appointments.why_off import By, why_off
from booking.exchange import fhir_resources
from booking.exchange.writeback import partners
from booking.exchange.writeback.cancellation import CODES, Cause, cause_of
from booking.identifiers.actors import Actor, ActorKind
from booking.models import (
    Appointment,
    AuditEntry,
    Feed,
    FeedKey,
    Patient,
    Referral,
    Slot,
    WorklistRow,
)
from booking.patient.off_words import say_off
from notifications.models import Message, State
from sites.models import Trust
from tests.booking.conftest import NOW

CAUSES = {
    Cause.PATIENT: "pat pat-crs pat-cpp pat-fb pat-lt pat-mt pat-mv pat-preg pat-swl pat-uto"
    " pat-new",
    Cause.DEATH: "pat-dec",
    None: "prov prov-pers prov-dch prov-edu prov-hosp prov-labs prov-mron prov-onc maint meds-inc"
    " other oth-cms oth-err oth-fin oth-iv oth-int oth-mu oth-room oth-oerr oth-swie oth-weath"
    " xyz patch paternity PAT",
}
"""None: the caller's own, by its role."""
ROLES = ("scans", "refers", "both")


@pytest.mark.parametrize("role", ROLES)
def test_every_reason_of_every_role_has_one_cause(role):
    own = Cause.REFERRER if role == "refers" else Cause.HOSPITAL
    expected = {
        reason: cause or own for cause, reasons in CAUSES.items() for reason in reasons.split()
    } | {"": own}

    found = {reason: cause_of(reason, scans=role != "refers") for reason in expected}

    assert found == expected
    assert set(expected) >= CODES


@pytest.fixture
def scene(jane, make_slot, trust):
    """An appointment of Jane's, at a trust that referred her, or of another that did."""
    other = Trust.objects.create(code="RXN", name="Lancashire Teaching Hospitals")
    for code, prefix in ((trust, "ours"), (other, "theirs")):
        FeedKey.objects.create(trust=code, prefix=prefix, created_at=NOW)

    def scene(role, state):
        Feed.objects.filter(trust=trust).update(confirms=state == "pending")
        if role != "both":
            Referral.objects.update(trust=other)
            jane.refresh_from_db()
        slot = make_slot()
        holds.hold(jane, slot.pk, now=NOW)
        made = booking.book(jane, slot.pk, now=NOW, actor="patient")
        now = NOW if state in ("booked", "pending") else made.end + timedelta(hours=1)
        if state == "arrived":
            Appointment.objects.update(status="attended")
        key = ("theirs", "RXN") if role == "refers" else ("ours", "RTX")
        return partners.find("RTX", made.reference)[0], key, now

    return scene


def told_since(made):
    later = Message.objects.filter(subject=made.reference, subject_version__gt=1)
    return list(later.exclude(state=State.CANCELLED))


REASONS = ("pat-mv", "pat-dec", "maint", "oth-err", "", "xyz")


def cause(role, reason):
    if reason.startswith("pat"):
        return "death" if reason == "pat-dec" else "patient"
    return "referrer" if role == "refers" else "hospital"


OUTCOMES = {
    # status, is the slot free, kind of row, text, HL7's code that trusts read
    "patient": ("cancelled", True, "not_rebooked", "cancelled_by_you", "pat"),
    "referrer": ("cancelled", True, "not_rebooked", "cancelled_by_you", "other"),
    "hospital": ("displaced", False, "displaced", "displaced", "prov"),
    "death": ("cancelled", True, None, None, "pat-dec"),
}
WORDS = {
    "patient": "cancelled it for you",
    "referrer": "Lancashire Teaching Hospitals, which asked for this scan, cancelled it",
    "hospital": "told us on",
    "death": "That was a mistake",  # read only once it was
}
ROW = {"patient": "The patient told a trust", "referrer": "still needed", "hospital": "Offer"}


@pytest.mark.parametrize("state", ["booked", "pending", "past"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reason", REASONS)
def test_what_follows_is_of_the_cause(scene, reason, role, state):
    made, (prefix, trust), now = scene(role, state)
    said, actor = partners.TrustAnswer("cancelled", reason, 1), Actor(ActorKind.KEY, prefix)
    why = cause(role, reason)
    status, is_free, row, text, code = OUTCOMES[why]

    made = partners.answer(made, trust, said, now=now, actor=actor)

    assert (made.status, Slot.objects.get().free_at is not None) == (status, is_free)
    rows = WorklistRow.objects.filter(closed_at=None).values_list("kind", "reason")
    assert [kind for kind, _ in rows] == ([row] if row else [])
    assert all(ROW[why] in words for _, words in rows)
    told = told_since(made)
    expected = [] if state == "past" or text is None else [text]
    assert [one.kind for one in told] == expected
    assert all("you cancelled" not in one.body for one in told)
    off = why_off([made])[made.pk]
    assert off.by == (By.REFERRER if role == "refers" else By.HOSPITAL)
    assert WORDS[why] in say_off(off, made)
    resource = fhir_resources.appointment(made, reader=trust, slot=made.slot, off=off)
    assert resource["cancelationReason"]["coding"][0]["code"] == code
    kept = AuditEntry.objects.filter(appointment=made, actor=actor).last().detail.get("reason", "")
    assert kept == {"xyz": "other", "pat-dec": kept}.get(reason, reason)
    assert (Referral.objects.get().end_reason == "died") == (why == "death")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reason", REASONS)
def test_who_came_is_not_cancelled_by_any_word(scene, reason, role):
    made, (prefix, trust), now = scene(role, "arrived")
    said = partners.TrustAnswer("cancelled", reason, 1)

    with pytest.raises(booking.AppointmentChanged):
        partners.answer(made, trust, said, now=now, actor=Actor(ActorKind.KEY, prefix))

    assert Referral.objects.get().ended_at is None


def test_a_death_that_is_said_of_another_version_ends_nothing(scene):
    made, (prefix, trust), now = scene("scans", "booked")
    actor = Actor(ActorKind.KEY, prefix)

    with pytest.raises(booking.AppointmentChanged):
        partners.answer(
            made, trust, partners.TrustAnswer("cancelled", "pat-dec", 9), now=now, actor=actor
        )

    assert Patient.objects.get().died_at is None
