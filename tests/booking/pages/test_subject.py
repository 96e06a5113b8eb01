"""Every address that takes a form, tried with another patient's page and with an old page.

A new address fails here until it refuses both, or stands in EXEMPT with the reason why not.
"""

import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.models import (
    Appointment,
    AuditAction,
    AuditEntry,
    CallerHold,
    Contact,
    Merge,
    Note,
    Patient,
    Slot,
    WorklistRow,
)
from booking.patient.answering import address_of
from booking.patients import reach
from booking.worklists import rows
from booking.worklists.subjects import of_appointment
from notifications.models import Message
from tests.booking.clerk.conftest import abouts, clock, sign_in  # noqa: F401 - fixtures
from tests.booking.patient.conftest import Browser, text
from tests.booking.signing_in import prove

QUESTIONS = {"questions-who", "questions-carer", "questions-check", "question"}
"""About the request alone: a new appointment loses no answer."""
PATIENTS = QUESTIONS | {
    "where", "way", "places", "needs", "slot-page", "hold", "confirm", "cancel", "offer",
    "stop-answer", "sooner-question", "sooner-save", "sooner-again", "sooner-stop",
}  # fmt: skip
ABOUT_THE_REQUEST = QUESTIONS | {
    "sooner-question", "sooner-again", "sooner-stop", "patient-offer",
}  # fmt: skip
"""Forms about a request, or an offer that they name: a new appointment does not touch them."""
ABOUT_THE_PATIENT = {
    "patient-from", "patient-mobile", "patient-phone", "patient-needs", "patient-note",
    "patient-reach", "patient-call", "patient-call-end", "patient-call-tried",
    "patient-contact", "patient-contact-change", "patient-join-with", "merge-undo",
    "patient-times", "referral-answers", "referral-override", "referral-sooner",
    "referral-urgency", "referral-exam", "referral-number",
}  # fmt: skip
"""Forms of the desk that are about the patient alone: a new appointment does not touch them."""
STAFFS = ABOUT_THE_PATIENT | {
    "patient-hold", "patient-hold-both", "patient-keep", "patient-let-go", "patient-book",
    "patient-cancel",
    "patient-undo", "patient-text", "patient-attend", "patient-offer", "patient-place",
    "work-row", "work-row-tried",
}  # fmt: skip
EXEMPT = {
    "code": "only asks for the date of birth of the code that it carries",
    "arrive": "takes the code out of the address, and does nothing else",
    "born": "signs in: `whose` names the code (test_codes_at_hand.py), the birthday proves it",
    "sign-out": "ends the session, whoever's it is: always free",
    "finder": "where to look from: nobody's",
    "staff-sign-in": "nobody is signed in",
    "second-factor": "nobody is signed in",
    "second-factor-set-up": "nobody is signed in",
    "recovery-codes": "one's own account",
    "password": "one's own account",
    "staff-sign-out": "ends the session",
    "sign-out-everywhere": "one's own sessions",
    "desk": "finds",
    "patient-join": "finds",
    "audit": "finds",
    "audit-export": "finds",
    "refer": "makes a new referral; a number of its own makes a doubled press one",
    "patient-reason": "opens the patient whom the address names, and does nothing to them",
    "opening-answer": "the address names what a colleague asked, which is answered once",
    "staff-text-again": "the address names the text, the form how often it was sent by then",
    "referral-end": "the address names the referral, `confirm` the state that was shown",
    "referral-reopen": "the address names the referral, which is all that it acts on",
    "staff-feed": "the address names the trust, `seen` the settings that were shown",
    "staff-account-new": "about nobody who is there yet",
    "staff-account": "the address names the account, `seen` what was shown of it",
    "staff-account-act": "the address names the account, `act_seen` what was shown of it",
    "staff-file-check": "about a file, and nothing is written",
    "staff-file-publish": "carries the file itself, and in `seen` what stood when it was looked at",
    "staff-feed-try": "the address names the trust, and nothing is written",
    "staff-key-new": "the address names the trust, `seen` the keys that were there",
    "staff-fence": "`seen` says what was shown to wait behind the fence",
    "staff-feed-held": "the address names the trust, `seen` what was shown of its loss",
    "work-bulk": "the form names each row, signed, with its version",
    "staff-day-mark": "the form names each appointment, signed, with its version",
    "work-next": "takes whichever row is next, if nobody else did; the address says of which list",
    "lost-say": "says what is lost; `seen` is what was shown of it",
    "lost-clinic": "the address names the clinic, `seen` what was shown of it",
    "lost-person": "the address names the person, `seen` what was shown of them",
    "staff-alert": "an alert, signed with its version: tests/booking/clerk/test_alerts.py",
    "staff-rota-of": "about a trust: a new shift",
    "staff-rota-mobile": "about a colleague's own mobile",
    "staff-rota-remove": "a shift, signed, which never changes",
    "staff-reserved-set": "the address names the trust and the scan, `seen` what was shown",
    "staff-place-new": "a place that is to be new",
    "staff-place-change": "a place, signed, as it stood: tests/booking/clerk/test_places.py",
    "staff-scanner-new": "a scanner that is to be new",
    "staff-scanner-change": "a scanner, signed, as it stood",
    "staff-stop-new": "a stop that is to be new, of the scanner that the address names",
    "staff-stop": "a stop, signed, as it stood",
    "staff-feed-pull": "about a trust",
    "insights-target": "the network's target: `seen` is the last act that was shown",
    "insights-target-change": "the act that the address names, and `seen`",
    "insights-target-away": "the act that the address names, and `seen`",
    "insights-rebase": "the network's charts: `seen` is the last act that was shown",
    "insights-rebase-away": "the act that the address names, and `seen`",
    "staff-key-revoke": "about a key",
    "twilio-status": "signed by the provider, about the text in its address",
    "twilio-inbound": "signed by the provider",
    "demo-reply": "the demo's phone: the form names the number",
    "demo-receive": "the demo's phone: the address names the text",
    "healthz": "does nothing",
    "readyz": "does nothing",
}
PROGRAMS = ("fhir", "oauth2/")
"""Programs name what they act on and have no session; Django's admin knows no patients."""
SAMPLES = {"int": "1", "slug": "x", "str": "x",
           "uuid": "8a2d6f0e-0000-4000-8000-000000000000"}  # fmt: skip


def addresses():
    """Return every address of people's pages: its name and its pattern."""
    return [
        (name, route)
        for route, name in walk(get_resolver())
        if not route.startswith(PROGRAMS) and not route.startswith("^")
    ]


def walk(resolver, before=""):
    for pattern in resolver.url_patterns:
        route = f"{before}{pattern.pattern}"
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern, route)
        else:
            yield route, pattern.name


def test_every_address_that_takes_a_form_is_in_a_table(db, make_staff, clock):  # noqa: F811
    open_ones = set()
    for name, route in addresses():
        path = re.sub(r"<(\w+):\w+>", lambda kind: SAMPLES[kind[1]], f"/{route}")
        if Client().post(path).status_code != 405:
            open_ones.add(name)

    assert open_ones == PATIENTS | STAFFS | set(EXEMPT)


class Scene:
    """Jane's first appointment was cancelled and another booked; Tom has one; Jane holds a time."""

    def __init__(self, jane, tom, slots, now, browsers):
        self.jane, self.tom, self.now, self.slots = jane, tom, now, slots
        self.jane_online, self.tom_online, self.clerk = browsers
        self.first = self.book(jane, slots[0])
        with transaction.atomic():
            self.row = rows.open_row(
                "needs_person", of_appointment(self.first), "Ring.", now=now, actor="reply"
            )
        self.contact = Contact.objects.create(patient=jane.patient, key="mary", name="Mary")
        people = {"family_name": "Fell", "born": jane.patient.born}
        lost = Patient.objects.create(given_name="Jo", **people, merged_into=jane.patient)
        nothing = {"referrals": [], "notes": [], "phones": [], "contacts": [], "merged": []}
        self.joined = Merge.objects.create(
            kept=jane.patient, lost=lost, at=now, actor="staff 1", reason="Same address",
            moved={**nothing, "had": nothing}, before={"kept": {}, "lost": {}}, after={"kept": {}},
        )  # fmt: skip
        self.book(tom, slots[1])
        self.old = self.pages()
        booking.cancel(self.first, 1, now=now, actor="patient")
        self.book(jane, slots[2])
        self.jane_online.post("/hold/", {"slot": slots[3].pk})

    def book(self, referral, slot):
        holds.hold(referral, slot.pk, now=self.now)
        return booking.book(referral, slot.pk, now=self.now, actor="patient")

    def pages(self):
        """Return what forms carry: of Tom and of Jane online, of Jane at the desk, of the row."""
        tom = self.tom_online.carried("/where/")["about"]
        page = self.clerk.get(f"/staff/patient/{self.jane.patient_id}/?referral={self.jane.pk}")
        row = self.clerk.get(f"/staff/lists/row/{self.row.pk}/")
        return {
            "tom": tom,
            "jane": self.jane_online.carried("/where/")["about"],
            "desk": abouts(text(page))[f"/staff/patient/{self.jane.patient_id}/cancel/"],
            "row": abouts(text(row))[""],
        }

    def path(self, name):
        named = {"patient_id": self.jane.patient_id, "row_id": self.row.pk}
        named |= {"slot_id": self.slots[4].pk, "contact_id": self.contact.pk}
        named |= {"referral_id": self.jane.pk, "answer_id": self.jane.answers.first().pk}
        named |= {"address": address_of(self.jane, next(iter(file.current())))}
        named |= {"question": "notice"}
        named |= {"other_id": self.tom.patient_id, "merge_id": self.joined.pk}
        route = dict(addresses())[name]
        return "/" + re.sub(r"<\w+:(\w+)>", lambda key: str(named[key[1]]), route)

    def fields(self, name):
        slot = self.slots[4 if name in ("hold", "patient-hold") else 3].pk
        return {
            "postcode": "LA14 4LF", "place": "LA14 4LF", "slot": slot, "reason": "sooner",
            "cancel_reason": "unwell", "came": "yes", "mobile": "07700 900123", "needs": "hoist",
            "note": "Ring", "do": "close", "outcome": "reached", "filters": "",
            "seen": reach.version_of(self.jane.patient), "contact_name": "Mary",
        }  # fmt: skip


@pytest.fixture
def scene(made_once, clock):  # noqa: F811
    return made_once(make_scene)


def make_scene(jane, tom, furness, make_slot, now, sign_in):  # noqa: F811
    browsers = []
    for code in (jane.code, tom.code):
        browser = Browser()
        prove(browser, code)
        browsers.append(browser)
    slots = [make_slot(day=day) for day in range(8, 13)]
    return Scene(jane, tom, slots, now, [*browsers, sign_in("lead")])


def state():
    acts = AuditEntry.objects.exclude(action__in=[AuditAction.VIEWED, AuditAction.LISTED])
    tables = [Appointment, Slot, Note, Message, Patient, WorklistRow, CallerHold, Contact, Merge]
    return [list(table.objects.order_by("pk").values()) for table in tables] + [
        list(acts.order_by("pk").values())
    ]


@pytest.mark.parametrize("about", ["tom's", "nothing", "forged"])
@pytest.mark.parametrize("name", sorted(PATIENTS | STAFFS))
def test_no_form_acts_on_another_than_its_page_was_about(scene, name, about):
    tokens = {"tom's": scene.old["tom"], "nothing": "", "forged": f"{scene.old['jane']}x"}
    browser = scene.jane_online if name in PATIENTS else scene.clerk
    before = state()

    answer = browser.post(scene.path(name), {**scene.fields(name), "about": tokens[about]})

    assert answer.status_code == 409
    assert state() == before
    page = text(answer)
    assert 'href="/appointment/"' in page or 'href="/staff/' in page.partition("<main")[2]


@pytest.mark.parametrize(
    "name", sorted((PATIENTS | STAFFS) - ABOUT_THE_PATIENT - ABOUT_THE_REQUEST)
)
def test_no_form_acts_on_another_appointment_than_its_page_showed(scene, name):
    page = "jane" if name in PATIENTS else "row" if name.startswith("work-row") else "desk"
    browser = scene.jane_online if name in PATIENTS else scene.clerk
    before = state()

    answer = browser.post(scene.path(name), {**scene.fields(name), "about": scene.old[page]})

    assert answer.status_code == 409
    assert state() == before


@pytest.mark.parametrize("name", sorted(STAFFS))
def test_who_may_not_gets_no_further_with_the_right_page(scene, name, sign_in, trust):  # noqa: F811
    about = scene.pages()["row" if name.startswith("work-row") else "jane"]
    stranger = sign_in("trust_admin", username="tess")
    before = state()

    answer = stranger.post(scene.path(name), {**scene.fields(name), "about": about})

    assert answer.status_code == 403
    assert state() == before


def test_every_form_of_a_patients_page_says_what_it_is_about(scene):
    """All that posts, but the sign-outs and the box that finds, carries its subject."""
    desk = f"/staff/patient/{scene.jane.patient_id}/?referral={scene.jane.pk}&times=1"
    pages = [scene.clerk.get(desk), scene.clerk.get(f"/staff/lists/row/{scene.row.pk}/")]
    online = ["/where/", "/choose/", "/choose/furness/", "/check/", "/appointment/cancel/"]
    scene.jane_online.post("/where/", {"postcode": "LA14 4LF"})
    pages += [scene.jane_online.get(path) for path in online]

    for page in pages:
        forms = re.findall(r'<form[^>]*method="post".*?</form>', text(page), re.DOTALL)
        bare = [re.search(r'action="([^"]*)"', one) for one in forms if 'name="about"' not in one]
        assert {one[1] for one in bare} <= {
            "/sign-out/", "/staff/sign-out/", "/staff/desk/", "/staff/lists/next/",
        }  # fmt: skip
        assert len(forms) > len(bare)


def test_a_page_that_was_open_while_the_record_was_joined_is_not_called_somebody_elses(scene):
    other = Patient.objects.create(given_name="J", family_name="Fell", born=scene.jane.patient.born)
    about = scene.pages()["jane"]
    scene.jane.patient = other
    scene.jane.save()

    answer = scene.jane_online.post("/where/", {"postcode": "LA14 4LF", "about": about})

    assert answer.status_code == 409
    assert "Your appointment has changed" in text(answer)
