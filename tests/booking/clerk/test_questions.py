"""The questions before a scan, asked by phone: all on one page, what follows, and an override."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds, safety
from booking.exams.questions import asking, file
from booking.exams.questions.answering import answer
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import (
    Answer,
    Appointment,
    AppointmentChange,
    AuditEntry,
    Patient,
    Slot,
    WorklistRow,
)
from booking.pages.subject import Subject, subject_of_row, subject_token
from tests.booking.clerk.conftest import problems, text

CHOSEN = r'name="q_pacemaker"[^>]*value="yes"[^>]* checked'


@pytest.fixture
def ann(make_referral, furness):
    """Somebody whom nobody has asked anything yet."""
    return make_referral(code="3XRD7JQF", given_name="Ann", is_answered=False)


@pytest.fixture
def page(clerk, ann):
    """The page of Ann's questions; `page.save` presses its button."""
    path = f"/staff/referrals/{ann.pk}/questions/"

    def page(browser=clerk):
        return " ".join(text(browser.get(path)).split())

    def save(browser=clerk, follow=True, **fields):
        fields = {"about": subject_token(Subject(ann.patient_id, ann.pk)), **carried(), **fields}
        answered = browser.post(f"{path}save/", fields)
        if not follow:
            return answered
        assert answered["Location"] == path
        return page(browser)

    def carried():
        shown = text(clerk.get(path))
        return {
            name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1].replace("&amp;", "&")
            for name in ("version", "shown")
        }

    page.save, page.path = save, path
    page.at = lambda who: " ".join(text(clerk.get(path + who)).split())
    return page


def harmless(referral, now):
    return {f"q_{one.id}": "no" for one in asking.questions_of(referral, now=now)}


def current(referral):
    return dict(
        Answer.objects.filter(referral=referral, is_current=True).values_list("question", "value")
    )


def test_all_that_apply_stand_on_one_page_and_are_saved_at_once(page, ann, clerk, now):
    asked = [one.id for one in asking.questions_of(ann, now=now)]

    before = page()
    after = page.save(**harmless(ann, now))

    assert len(asked) > 12
    assert all(f'name="q_{one}"' in before for one in asked)
    assert f"{len(asked)} to ask" in before
    assert "I must ask you some questions first" in before
    assert current(ann) == dict.fromkeys(asked, "no")
    assert set(Answer.objects.values_list("who", "answered_by")) == {("clerk", clerk.staff.actor)}
    assert "Every question is answered" in after
    assert "Go on. Nothing that was answered stands against booking" in after
    assert AuditEntry.objects.filter(action="answers seen", actor=clerk.staff.actor).exists()


def test_what_is_wrong_is_said_at_its_box_and_nothing_is_lost_or_saved(page, ann, now):
    page.save(**harmless(ann, now) | {"q_heavy": "yes"})

    wrong = page.save(q_weight="heavy", q_pacemaker="yes")

    assert "Type a number from 20 to 400 kg" in wrong
    assert 'value="heavy"' in wrong
    assert re.search(CHOSEN, wrong)
    assert 'href="#q_weight"' in wrong
    assert current(ann)["pacemaker"] == "no"
    assert "weight" not in current(ann)


def test_a_follow_up_is_asked_after_saving_and_goes_with_what_it_followed(page, ann, now):
    first = page()
    asked = page.save(**harmless(ann, now) | {"q_heavy": "yes"})
    answered = page.save(q_weight="20 stone 7")
    weight = current(ann)["weight"]
    page.save(q_heavy="no", q_weight="131")

    assert 'name="q_weight"' not in first
    assert 'name="q_weight"' in asked
    assert "1 more to ask" in asked
    assert "Every question is answered" in answered
    assert weight == "131"
    assert "weight" not in current(ann)
    assert current(ann)["heavy"] == "no"


def test_a_number_and_that_nobody_knows_it_take_each_others_place(page, ann, now):
    page.save(**harmless(ann, now) | {"q_heavy": "yes", "q_weight": "131"})
    page.save(q_weight="131")
    page.save(q_weight="131", q_weight_other="dont_know")
    unknown = current(ann)["weight"]
    page.save(q_weight="140 kg", q_weight_other="dont_know")
    known = current(ann)["weight"]
    both = page.save(q_weight="150", q_weight_other="dont_know")

    assert (unknown, known) == ("dont_know", "140")
    assert "not both" in both
    assert current(ann)["weight"] == "140"


def test_what_the_patient_said_meanwhile_is_not_undone_by_an_older_page(page, ann, now):
    page.save(**harmless(ann, now))
    version = file.current().version
    shown = {"version": version, "shown": "pacemaker=no"}
    answer(ann, "pacemaker", "yes", version=version, now=now, actor=PATIENT)

    page.save(**shown, q_pacemaker="no", q_needles="no")

    assert current(ann)["pacemaker"] == "yes"


def test_questions_that_changed_since_are_read_again_with_what_was_chosen(page, ann):
    wrong = page.save(version="0", q_pacemaker="yes")

    assert "The questions have changed since this page was shown" in wrong
    assert re.search(CHOSEN, wrong)
    assert not Answer.objects.exists()


def test_who_answers_for_the_patient_is_written_down(page, ann):
    wrong = page.save(q_pacemaker="no", carer_name="Mary Fell")
    page.save(q_pacemaker="no", carer_name="Mary Fell", carer_relation="her mother")

    assert "Say who this person is to the patient" in wrong
    kept = Answer.objects.get()
    assert (kept.who, kept.carer_name, kept.carer_relation) == ("clerk", "Mary Fell", "her mother")


def test_a_stop_is_said_at_once_with_what_to_do_and_by_when(page, ann, now, clerk, make_slot):
    shown = page.save(**harmless(ann, now) | {"q_pacemaker": "yes"})
    screen = text(clerk.get(f"/staff/patient/{ann.patient_id}/"))

    assert "Do not book. A person must talk about it with the patient first" in shown
    assert "the MR team must know the make and model" in shown
    assert "Tell the caller: “Some of these must not go near an MRI scanner" in shown
    row = safety.row_of(ann)
    assert f"By {row.due_at:%-I}" in shown
    assert "Do not book" in screen
    assert page.path in screen


def test_the_desk_does_not_book_against_a_stop_and_says_where_to_read_it(
    page, ann, clerk, at_desk, now, make_slot
):
    slot = make_slot()
    page.save(**harmless(ann, now))
    at_desk("hold", referral=ann, slot=slot.pk)
    page.save(q_pacemaker="yes")

    refused = at_desk("book", referral=ann, slot=slot.pk, reason="phoned")

    assert not Appointment.objects.filter(referral=ann).exists()
    shown = clerk.get(refused["Location"]).content.decode()
    assert problems(shown)["referrals"].startswith("It was not booked: an answer stands against")
    assert Slot.objects.filter(pk=slot.pk, held_by=ann).exists()


def test_a_stop_that_is_said_by_phone_keeps_the_held_time_for_the_call(
    page, ann, clerk, at_desk, now, make_slot
):
    slot = make_slot()
    at_desk("hold", referral=ann, slot=slot.pk)

    page.save(**harmless(ann, now) | {"q_pacemaker": "yes"})

    slot.refresh_from_db()
    assert slot.free_at == safety.row_of(ann).due_at
    screen = " ".join(text(clerk.get(f"/staff/patient/{ann.patient_id}/")).split())
    assert "Held by you until 10am, Wednesday 25 November, the longest" in screen
    assert "Wednesday 25 November</li>" in text(clerk.get("/staff/desk/"))


def test_the_script_says_to_ask_first_while_questions_are_open(ann, at_desk, make_slot, clerk):
    slot = make_slot()
    answered = at_desk("hold", referral=ann, slot=slot.pk)

    held = " ".join(text(clerk.get(answered["Location"])).split())

    assert "Say: “I must ask you some questions first.”" in held.partition('id="held"')[2]


def test_an_override_wants_a_reason_and_keeps_the_answer(page, ann, clerk, now, sign_in):
    page.save(**harmless(ann, now) | {"q_pacemaker": "yes"})
    given = Answer.objects.get(question="pacemaker", is_current=True)
    path = f"{page.path}{given.pk}/"
    about = {"about": subject_token(Subject(ann.patient_id, ann.pk))}

    without = clerk.post(path, {**about, "outcome": "hold", "reason": ""})
    imaging = sign_in("imaging").post(path, {**about, "outcome": "hold", "reason": "Checked"})
    clerk.post(path, {**about, "outcome": "hold", "reason": "MR team has the model: safe at 1.5 T"})

    assert without.status_code == 400
    assert imaging.status_code == 403
    given.refresh_from_db()
    assert (given.value, given.override, given.overridden_by) == (
        "yes", "hold", clerk.staff.actor,
    )  # fmt: skip
    shown = page()
    assert "Instead: Book, and a person checks before the day" in shown
    assert "MR team has the model" in shown
    assert "Book. A person checks the answer before the day" in shown


def test_another_persons_page_saves_nothing(page, ann, jane):
    about = subject_token(Subject(jane.patient_id, jane.pk))

    assert page.save(follow=False, about=about, q_pacemaker="no").status_code == 409
    assert not Answer.objects.filter(referral=ann).exists()


@pytest.mark.parametrize(("role", "status"), [("imaging", 200), ("trust_admin", 403)])
def test_the_answers_are_shown_by_role(page, sign_in, role, status):
    browser = sign_in(role)

    assert browser.get(page.path).status_code == status
    if status == 200:
        assert "Save the answers" not in page(browser)


def test_a_row_shows_the_answers_and_closes_with_an_outcome(page, ann, clerk, now):
    page.save(**harmless(ann, now) | {"q_pacemaker": "yes"})
    row = safety.row_of(ann)
    seen = AuditEntry.objects.filter(action="answers seen").count()

    shown = text(clerk.get(f"/staff/lists/row/{row.pk}/"))
    clerk.post(
        f"/staff/lists/row/{row.pk}/",
        {"about": subject_token(subject_of_row(row)), "do": "close", "outcome": "reached"},
    )

    assert "the MR team must know the make and model" in shown
    assert "Ask them" in shown or page.path in shown or "Let something else follow" in shown
    assert AuditEntry.objects.filter(action="answers seen").count() == seen + 1
    assert WorklistRow.objects.get(pk=row.pk).outcome == "reached"
    assert "pacemaker" not in row.reason


@pytest.mark.parametrize("question", ["operation", "pacemaker"])
def test_who_is_booked_already_is_not_said_to_be_booked_or_not(
    page, ann, clerk, at_desk, now, make_slot, question
):
    slot = make_slot()
    page.save(**harmless(ann, now))
    at_desk("hold", referral=ann, slot=slot.pk)
    at_desk("book", referral=ann, slot=slot.pk, reason="phoned")

    shown = page.save(**{f"q_{question}": "yes"})

    assert "<b>It is booked. A person" in shown
    screen = text(clerk.get(f"/staff/patient/{ann.patient_id}/"))
    assert ("Speak first" in screen) is (question == "pacemaker")
    assert "Do not book" not in shown + screen
    assert "<b>Book." not in shown


def test_a_trusts_answer_is_shown_as_the_trusts(page, ann, now):
    with transaction.atomic():
        answer(
            ann, "pacemaker", "yes", version=file.current().version, now=now,
            actor=Actor(ActorKind.FEED, "RTX"),
        )  # fmt: skip

    assert "Said by <bdi>the trust that referred</bdi>" in page()


ITS_WORDS = "Do you have a pacemaker or a defibrillator?"
OF_ANN = "Does Ann have a pacemaker or a defibrillator?"


def test_the_questions_speak_of_the_patient_once_somebody_else_answers(page, ann, now):
    assert ITS_WORDS in page()

    saved = page.save(q_pacemaker="yes", carer_name="Mary Fell", carer_relation="her mother")

    assert OF_ANN in saved
    assert 'value="Mary Fell"' in saved
    told = re.search(r"Tell the caller: “([^”]*)”", saved)[1]
    assert "Ann" in told or "you" not in told.lower()
    assert ITS_WORDS in page.at("?who=patient")
    assert "Mary Fell" not in page.at("?who=patient").split("<form")[-1]


def test_the_clerk_says_to_whom_the_questions_are_put(page, ann, make_referral, clerk, now):
    assert OF_ANN in page.at("?who=carer")
    Patient.objects.filter(pk=ann.patient_id).update(born=now.date() - timedelta(days=365 * 9))
    assert "Ann" in page.at("").split("<form")[-1]
    assert OF_ANN in page.at("")


def test_the_trusts_read_a_booking_again_after_answers_and_an_override(
    page, ann, clerk, make_slot, now
):
    slot = make_slot(day=20)
    holds.hold(ann, slot.pk, now=now)
    booking.book(ann, slot.pk, now=now, actor=clerk.staff.actor)

    def number():
        return AppointmentChange.objects.get(trust_id="RTX").number

    booked = number()
    page.save(q_pacemaker="yes", q_pump="no")
    answered = number()
    given = Answer.objects.get(question="pacemaker", is_current=True)
    about = {"about": subject_token(Subject(ann.patient_id, ann.pk))}
    clerk.post(f"{page.path}{given.pk}/", {**about, "outcome": "hold", "reason": "Checked"})

    assert booked < answered < number()
