"""Every URL of the staff, tried by every role, for a patient of one's own trust and of another's.

What is expected stands here by name, not taken from permissions.py; an address that is not in
the table fails the test, so that no page comes without somebody deciding who may open it.
"""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from booking.appointments import booking, holds
from booking.clerk import urls
from booking.exchange.feeds.keys import create_key
from booking.models import (
    Alert,
    Appointment,
    Attempt,
    AuditEntry,
    Contact,
    FeedKey,
    Merge,
    Note,
    Patient,
    Referral,
    Slot,
)
from booking.pages.subject import subject_of, subject_of_row, subject_token, version_of_row
from booking.patients.reach import version_of
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic
from insights import urls as insights_urls
from notifications.models import Message
from sites.models import Trust

ROLES = ["clerk", "lead", "imaging", "trust_admin", "network_admin"]
DESK = {"clerk", "lead"}
SEE = {"clerk", "lead", "imaging"}
KEYS = {"trust_admin", "network_admin"}
AUDIT = {"lead", "trust_admin", "network_admin"}
OPEN = {"staff-sign-in", "second-factor", "second-factor-set-up", "second-factor-qr",
        "staff-sign-out"}  # fmt: skip
MAY = {
    "staff": set(ROLES),
    "recovery-codes": set(ROLES),
    "password": set(ROLES),
    "sign-out-everywhere": set(ROLES),
    "kept": set(ROLES),
    "overview": SEE,
    "desk": SEE,
    "patient": SEE,
    "patient-reason": SEE,
    "patient-from": SEE,
    "patient-times": SEE,
    "patient-times-now": DESK,
    "patient-hold": DESK,
    "patient-both": DESK,
    "patient-hold-both": DESK,
    "patient-keep": DESK,
    "patient-let-go": DESK,
    "patient-book": DESK,
    "patient-offer": DESK,
    "patient-place": DESK,
    "patient-cancel": DESK,
    "patient-undo": DESK,
    "patient-text": DESK,
    "patient-attend": SEE,
    "patient-mobile": DESK,
    "patient-phone": DESK,
    "patient-needs": DESK,
    "patient-note": DESK,
    "patient-call": DESK,
    "patient-call-end": DESK,
    "patient-call-tried": DESK,
    "patient-reach": DESK,
    "patient-contact": DESK,
    "patient-contact-change": DESK,
    "patient-join": {"lead"},
    "patient-join-with": {"lead"},
    "merge-undo": {"lead"},
    "referral-end": DESK,
    "referral-reopen": {"lead"},
    "referral-urgency": DESK,
    "referral-exam": DESK,
    "referral-number": DESK,
    "staff-referral": SEE,
    "patient-history": SEE,
    "patient-looked": AUDIT,
    "referral-sooner": DESK,
    "referral-questions": SEE,
    "referral-answers": DESK,
    "referral-override": DESK,
    "refer": DESK,
    "work-lists": DESK,
    "work-list": DESK,
    "work-row": DESK,
    "work-row-tried": DESK,
    "work-bulk": DESK,
    "staff-day": SEE,
    "staff-day-print": SEE,
    "staff-day-csv": SEE,
    "staff-day-mark": SEE,
    "work-next": DESK,
    "work-closed": DESK,
    "work-closed-of": DESK,
    "staff-reserved": {"lead"},
    "staff-reserved-set": {"lead"},
    "staff-places": AUDIT,
    "staff-place": AUDIT,
    "staff-place-new": AUDIT,
    "staff-place-change": AUDIT,
    "staff-scanner": AUDIT,
    "staff-scanner-new": AUDIT,
    "staff-scanner-change": AUDIT,
    "staff-stop": AUDIT,
    "staff-stop-new": AUDIT,
    "work-row-letter": DESK,
    "staff-alerts": SEE,
    "staff-alerts-banner": SEE,
    "staff-alerts-board": SEE,
    "staff-alert": SEE,
    "staff-rota": {"lead"},
    "staff-rota-of": {"lead"},
    "staff-rota-mobile": {"lead"},
    "staff-rota-remove": {"lead"},
    "lost-clinics": {"lead"},
    "lost-say": {"lead"},
    "lost-clinic": {"lead"},
    "lost-person": {"lead"},
    "staff-texts": DESK,
    "staff-text": DESK,
    "staff-text-again": DESK,
    "staff-phone": DESK,
    "staff-sooner": {"lead", "network_admin"},
    "staff-fence": {"network_admin"},
    "staff-accounts": {"network_admin"},
    "staff-account-new": {"network_admin"},
    "staff-account": {"network_admin"},
    "staff-account-act": {"network_admin"},
    "staff-files": {"lead", "network_admin"},
    "staff-file-export": {"lead", "network_admin"},
    "staff-file-check": {"network_admin"},
    "staff-file-publish": {"network_admin"},
    "insights-dm01": AUDIT,
    "staff-feeds": AUDIT,
    "staff-feed-held": {"lead"},
    "staff-feed": AUDIT,
    "staff-feed-try": AUDIT,
    "staff-feed-pull": AUDIT,
    "staff-key-new": KEYS,
    "staff-key-revoke": KEYS,
    "insights-settings": {"network_admin"},
    "insights-target": {"network_admin"},
    "insights-target-change": {"network_admin"},
    "insights-target-away": {"network_admin"},
    "insights-rebase": {"network_admin"},
    "insights-rebase-away": {"network_admin"},
    "audit": AUDIT,
    "audit-export": AUDIT,
    "audit-opened": AUDIT,
    "opening-answer": {"lead"},
    "insights": set(ROLES),
    "insights-measure": set(ROLES),
    "insights-measure-csv": set(ROLES),
    "insights-trust": set(ROLES),
    "insights-place": set(ROLES),
    "insights-compare": AUDIT,
    "insights-compare-csv": AUDIT,
    "insights-breaches": set(ROLES),
    "insights-map": set(ROLES),
    "insights-pack": AUDIT,
}
FOR_EVERYBODY = {"performance"}
PATTERNS = [*urls.urlpatterns, *insights_urls.urlpatterns]
NAMES = {getattr(pattern, "name", None) for pattern in PATTERNS} - FOR_EVERYBODY


def test_every_address_of_the_staff_is_in_the_table():
    named = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    staffs = {name for name in named if _path(name).startswith("/staff/")}

    assert staffs == OPEN | set(MAY)
    assert set(NAMES) == OPEN | set(MAY)


def _path(name):
    possibilities, *_ = get_resolver().reverse_dict.getlist(name)[0]
    return f"/{possibilities[0][0]}"


@pytest.fixture
def scene(made_once, clock):
    return made_once(make_scene)


def make_scene(jane, make_slot, now, trust):
    """Jane of RTX with an appointment and a row, and a trust that she has nothing to do with."""
    Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    slot, held = make_slot(), make_slot(day=9)
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor="patient")
    holds.hold(jane, held.pk, now=now)
    with transaction.atomic():
        row = rows.open_row(
            "needs_person",
            RowSubject(Topic.REPLY, "1", referral=jane),
            "Ring.",
            now=now,
            actor="patient",
        )
    create_key(trust.code, now=now)
    contact = Contact.objects.create(patient=jane.patient, key="mary", name="Mary Fell")
    people = {"family_name": "Fell", "born": jane.patient.born, "mobile": "+447700900461"}
    other = Patient.objects.create(given_name="Jane", **people)
    old = Patient.objects.create(given_name="Jane", **people, merged_into=jane.patient)
    nothing = {"referrals": [], "notes": [], "phones": [], "contacts": [], "merged": []}
    joined = Merge.objects.create(
        kept=jane.patient, lost=old, at=now, actor="staff 1", reason="Same address",
        moved={**nothing, "had": nothing}, before={"kept": {}, "lost": {}}, after={"kept": {}},
    )  # fmt: skip
    alert = Alert.objects.create(
        referral=jane, trust=trust, why="received", raised_at=now, raised_by="x",
        acknowledge_by=now, book_by=now, scan_by=now, tell_by=now,
    )  # fmt: skip
    return {
        "other": other, "joined": joined,
        "referral": jane, "appointment": booked, "row": row, "held": held,
        "text": Message.objects.get(kind="confirmation"), "key": FeedKey.objects.get(),
        "contact": contact, "alert": alert,
    }  # fmt: skip


def address(name, scene):
    patient = scene["referral"].patient_id
    of_their_own = {
        "work-row": [scene["row"].pk],
        "work-row-tried": [scene["row"].pk],
        "work-row-letter": [scene["row"].pk],
        "work-list": ["needs_person"],
        "work-closed-of": ["needs_person"],
        "lost-clinic": [1],
        "lost-person": [1, 1],
        "staff-text": [scene["text"].pk],
        "staff-text-again": [scene["text"].pk],
        "staff-phone": [scene["text"].pk],
        "staff-alert": [scene["alert"].pk],
        "staff-rota-of": ["RTX"],
        "staff-rota-mobile": ["RTX"],
        "staff-rota-remove": ["RTX"],
        "staff-feed": ["RTX"],
        "insights-measure": ["scans"],
        "insights-measure-csv": ["scans"],
        "insights-trust": ["RTX"],
        "insights-place": ["furness"],
        "staff-reserved-set": ["RTX", "MR"],
        "staff-place": ["furness"],
        "staff-place-change": ["furness"],
        "opening-answer": [1],
        "staff-scanner": [1],
        "staff-scanner-change": [1],
        "staff-stop": [1],
        "staff-stop-new": [1],
        "staff-feed-try": ["RTX"],
        "staff-feed-pull": ["RTX"],
        "staff-feed-held": ["RTX"],
        "staff-account": [1],
        "staff-account-act": [1],
        "staff-file-export": ["exams"],
        "staff-file-check": ["exams"],
        "staff-file-publish": ["exams"],
        "insights-target-change": [1],
        "insights-target-away": [1],
        "insights-rebase-away": [1],
        "staff-key-new": ["RTX"],
        "staff-key-revoke": [scene["key"].prefix],
        "patient-join-with": [patient, scene["other"].pk],
        "patient-contact-change": [patient, scene["contact"].pk],
        "staff-referral": [scene["referral"].pk],
        "merge-undo": [scene["joined"].pk],
    }
    if name in of_their_own:
        return reverse(name, args=of_their_own[name])
    if name == "referral-override":
        return reverse(name, args=[scene["referral"].pk, scene["referral"].answers.first().pk])
    if name.startswith("referral-"):
        return reverse(name, args=[scene["referral"].pk])
    return reverse(name, args=[patient] if name.startswith("patient") else [])


def fields(name, scene):
    is_row, booked = name == "work-row", scene["appointment"]
    about = subject_of_row(scene["row"]) if is_row else subject_of(scene["referral"], booked)
    if name == "work-row-tried":
        about = version_of_row(scene["row"])
    return {
        "about": subject_token(about), "slot": scene["held"].pk,
        "reason": "cannot_come", "cancel_reason": "unwell",
        "mobile": "07700 900123", "needs": "hoist", "note": "Seen", "came": "yes",
        "urgency": "urgent", "place": "LA14 4LF", "notice": "2", "where": "any", "wish": "0",
        "do": "take", "who": "7KQ49CRB", "what": "no_answer",
        "seen": version_of(scene["referral"].patient), "email": "jane@example.com",
        "contact_name": "Mary",
    }  # fmt: skip


def state():
    return (
        list(Appointment.objects.values_list("status", "version", "slot_id")),
        list(Slot.objects.order_by("pk").values_list("free_at", "held_by")),
        Note.objects.count(),
        list(Patient.objects.order_by("pk").values_list("email", "mobile")),
        Merge.objects.filter(undone_at=None).count(),
        list(Contact.objects.values_list("name", "patient")),
        Message.objects.count(),
        list(Referral.objects.order_by("pk").values_list("urgency", "ended_at")),
        FeedKey.objects.filter(revoked_at=None).count(),
        Attempt.objects.count(),
    )


@pytest.mark.parametrize("trusts", [("RTX",), ("RXR",)], ids=["own trust", "another trust"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(MAY))
def test_role_by_address_by_trust(scene, make_staff, name, role, trusts):
    browser = Client()
    browser.force_login(make_staff(role, trusts).user)
    before = state()

    answers = [
        browser.get(address(name, scene)),
        browser.post(address(name, scene), fields(name, scene)),
    ]
    statuses = {answer.status_code for answer in answers} - {405}

    if role not in MAY[name]:
        assert statuses == {403}
        assert state() == before
    else:
        assert 403 not in statuses
        assert all(status < 500 for status in statuses)
    if trusts == ("RXR",):
        pages = [answer.getvalue().decode() for answer in answers]
        assert not any("Jane" in page for page in pages)
        if name != "patient-reason":
            assert state() == before


@pytest.mark.parametrize("name", sorted(MAY))
def test_without_a_sign_in_every_address_leads_to_it(scene, client, name):
    before = state()

    for answer in (client.get(address(name, scene)), client.post(address(name, scene))):
        assert answer.status_code == 405 or answer["Location"].startswith("/staff/sign-in/")
    assert state() == before


def test_another_trusts_patient_opens_only_with_a_reason_that_its_lead_sees(scene, sign_in):
    stranger = sign_in(trusts=("RXR",), username="sam")
    page = f"/staff/patient/{scene['referral'].patient_id}/"

    assert stranger.get(page)["Location"] == f"{page}reason/"
    assert stranger.post(f"{page}reason/", {"reason": "nosy"}).status_code == 400
    stranger.post(f"{page}reason/", {"reason": "cover"})

    assert "Jane Fell" in stranger.get(page).content.decode()
    entry = AuditEntry.objects.get(action="opened with a reason")
    assert (entry.patient_id, entry.detail["reason"]) == (scene["referral"].patient_id, "cover")
    lead = sign_in("lead")
    listed = lead.get("/staff/audit/opened/").content.decode()
    assert "sam" in listed
    assert "We cover for the other trust" in listed
    elsewhere = sign_in("lead", trusts=("RXR",), username="lena")
    assert "Nobody from another trust" in elsewhere.get("/staff/audit/opened/").content.decode()


def test_a_reason_ends_with_the_session(scene, sign_in):
    stranger = sign_in(trusts=("RXR",), username="sam")
    page = f"/staff/patient/{scene['referral'].patient_id}/"
    stranger.post(f"{page}reason/", {"reason": "cover"})
    stranger.post("/staff/sign-out/")
    stranger.force_login(stranger.staff.user)

    assert stranger.get(page).status_code == 302
