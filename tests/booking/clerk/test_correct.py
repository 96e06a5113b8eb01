"""A request’s own page, and what is changed there: only as shown, and nothing typed is lost."""

import re

import pytest

from booking.appointments import booking, holds
from booking.models import (
    Appointment,
    AppointmentChange,
    AuditEntry,
    Exam,
    Referral,
    Slot,
    Staff,
    WorklistRow,
)
from booking.referrals import ending, intake, urgency
from booking.referrals.replacing import version_of
from booking.referrals.submission import ReferralSubmission
from notifications.models import Message
from tests.booking.clerk.conftest import problems, shown_of, text

CHANGED = "Somebody changed this a moment ago"


def address(referral, page=""):
    return f"/staff/referrals/{referral.pk}/{page}{'/' if page else ''}"


@pytest.fixture(autouse=True)
def exams(jane):
    """What Jane's knee may be changed to: another MRI, an X-ray, and one that is done no more."""
    for code, modality, retired in [
        ("MR-HEAD", "MR", False), ("XR-KNEE", "DX", False), ("MR-OLD", "MR", True),
    ]:  # fmt: skip
        Exam.objects.create(
            code=code, name=f"a scan {code}", modality=modality, body_part="head", minutes=30,
            retired=retired,
        )  # fmt: skip


def ask(clerk, referral, exam):
    return clerk.post(address(referral, "exam"), {"exam": exam, **shown_of(referral)})


def confirm(clerk, referral, asked, exam, **sent):
    token = re.search(r'name="confirm" value="([^"]+)"', text(asked))[1]
    fields = {"exam": exam, "confirm": token, **shown_of(referral), **sent}
    return clerk.post(address(referral, "exam"), fields)


# --- the page


def test_the_page_shows_all_about_one_request_and_leads_to_each_change(clerk, jane, booked):
    intake_entry = AuditEntry.objects.create(
        at=jane.created_at, actor="feed RTX", action="referred", referral=jane,
        patient=jane.patient,
    )  # fmt: skip
    Referral.objects.filter(pk=jane.pk).update(identifier="RTX-77")

    said = text(clerk.get(address(jane)))

    assert intake_entry.pk
    for words in ("MR-1", "RTX-77", "University Hospitals of Morecambe Bay’s system", "Furness",
                  "7KQ4 9CRB", "Breach day", "booked 2pm on Wednesday 2 December"):  # fmt: skip
        assert words in said, words
    for page in ("exam", "urgency", "number", "end", "questions"):
        assert f'href="{address(jane, page)}"' in said


def test_who_may_not_change_it_reads_it_without_the_ways_to(sign_in, jane, booked):
    said = text(sign_in("imaging").get(address(jane)))

    assert "Furness" in said
    assert not any(f'href="{address(jane, page)}"' in said for page in ("exam", "number", "end"))


def test_a_number_that_our_own_form_gave_is_not_the_trusts(clerk, jane):
    Referral.objects.filter(pk=jane.pk).update(identifier="desk-2222222B")

    assert "desk-2222222B" not in text(clerk.get(address(jane)))
    assert "desk-2222222B" not in text(clerk.get(address(jane, "number")))


def test_a_lead_opens_an_ended_request_again_from_its_page(sign_in, jane, now):
    ending.end(jane, "elsewhere", now=now, actor="staff 1")

    said = text(sign_in("lead").get(address(jane)))

    assert "scanned somewhere else" in said
    assert f'href="{address(jane, "end")}"' in said
    assert f'href="{address(jane, "exam")}"' not in said


def test_the_patients_screen_leads_there(clerk, jane):
    assert f'href="{address(jane)}"' in text(clerk.get(f"/staff/patient/{jane.patient_id}/"))


# --- another exam


def test_another_exam_is_said_first_and_a_time_that_suits_it_stays(clerk, jane, booked):
    asked = ask(clerk, jane, "head")

    assert asked.status_code == 200
    assert "stays" in text(asked)
    assert Referral.objects.get().exam.code == "MR-1"

    done = confirm(clerk, jane, asked, "MR-HEAD")

    assert "The time that was booked stays" in text(clerk.get(done["Location"]))
    assert Referral.objects.get().exam.code == "MR-HEAD"
    after = Appointment.objects.get()
    assert (after.status, after.version) == ("booked", booked.version + 1)
    assert "how to prepare" in WorklistRow.objects.get(kind="needs_person").reason
    entry = AuditEntry.objects.get(action="exam changed")
    assert (entry.actor, entry.detail) == (clerk.staff.actor, {"was": "MR-1", "to": "MR-HEAD"})


def test_a_time_that_does_not_suit_it_is_cancelled_and_the_page_says_so_before(clerk, jane, booked):
    asked = ask(clerk, jane, "XR-KNEE")
    assert "<b>cancelled</b>" in text(asked)
    assert "One text tells the patient" in text(asked)

    done = confirm(clerk, jane, asked, "XR-KNEE")

    assert "did not suit it and is cancelled" in text(clerk.get(done["Location"]))
    assert Appointment.objects.get().status == "cancelled"
    assert Slot.objects.get().free_at is not None
    assert Message.objects.filter(kind="cancelled_by_you").exists()
    assert WorklistRow.objects.filter(kind="not_rebooked", closed_at=None).exists()


def test_a_time_that_is_held_for_the_old_exam_is_said_and_let_go(clerk, jane, make_slot, now):
    held = make_slot()
    holds.hold(jane, held.pk, now=now)

    asked = ask(clerk, jane, "MR-HEAD")
    assert "it is let go" in text(asked)
    confirm(clerk, jane, asked, "MR-HEAD")

    held.refresh_from_db()
    assert held.held_by is None or held.free_at <= now


def test_without_a_time_the_page_says_that_none_is_booked(clerk, jane):
    assert "No time is booked" in text(ask(clerk, jane, "MR-HEAD"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type the exam"),
        ("elbow", "No exam is called that"),
        ("MR-OLD", "No exam is called that"),
        ("MR-1", "The request is for this exam already"),
    ],
)
def test_an_exam_that_cannot_be_taken_is_said_and_what_was_typed_stays(clerk, jane, typed, says):
    answer = ask(clerk, jane, typed)

    assert answer.status_code == 400
    assert says in problems(text(answer))["exam"]
    assert f'value="{typed}"' in text(answer) or not typed


def test_an_exam_that_ended_between_the_pages_is_refused(clerk, jane):
    asked = ask(clerk, jane, "MR-HEAD")
    Exam.objects.filter(code="MR-HEAD").update(retired=True)

    answer = confirm(clerk, jane, asked, "MR-HEAD")

    assert answer.status_code == 400
    assert Referral.objects.get().exam.code == "MR-1"


def test_a_time_that_was_booked_between_the_pages_is_read_out_before_it_is_touched(
    clerk, jane, make_slot, now
):
    asked = ask(clerk, jane, "XR-KNEE")
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")

    answer = confirm(clerk, jane, asked, "XR-KNEE")

    assert answer.status_code == 409
    assert "<b>cancelled</b>" in text(answer)
    assert Appointment.objects.get().status == "booked"
    assert confirm(clerk, jane, answer, "XR-KNEE").status_code == 302


# --- the trust's number


def test_the_number_is_saved_and_what_its_trust_sends_with_it_is_this_request(
    clerk, jane, booked, now
):
    read = AppointmentChange.objects.get(trust="RTX").number

    done = clerk.post(
        address(jane, "number"), {"trust_number": " RTX-9 ", **shown_of(jane)}, follow=True
    )

    assert "The trust’s number is saved" in text(done)
    assert AuditEntry.objects.get(action="trust's number changed").detail == {}
    assert AppointmentChange.objects.get(trust="RTX").number > read
    sent = ReferralSubmission(
        trust="RTX", identifier="RTX-9", given_name="Jane", family_name="Fell",
        born="1961-03-12", exam="MR-1", urgency="urgent", clock_start=jane.clock_start.isoformat(),
    )  # fmt: skip
    found, is_new = intake.create_referral(sent, now=now, actor="feed RTX")
    assert (found.pk, is_new, found.urgency) == (jane.pk, False, "urgent")


def test_a_number_that_another_request_of_that_trust_has_is_refused_and_stays_typed(
    clerk, jane, tom, other_trust
):
    Referral.objects.filter(pk=tom.pk).update(identifier="RTX-9")

    answer = clerk.post(address(jane, "number"), {"trust_number": "RTX-9", **shown_of(jane)})

    assert answer.status_code == 400
    assert "Another request of this trust has this number" in problems(text(answer))["trust_number"]
    assert 'value="RTX-9"' in text(answer)
    assert Referral.objects.get(pk=jane.pk).identifier == ""

    Referral.objects.filter(pk=tom.pk).update(trust=other_trust)
    sent = {"trust_number": "RTX-9", **shown_of(jane)}
    assert clerk.post(address(jane, "number"), sent).status_code == 302


@pytest.mark.parametrize(
    ("typed", "says"),
    [("x" * 65, "64 characters or fewer"), ("desk-1", "does not begin so")],
)
def test_a_number_that_cannot_be_one_is_said(clerk, jane, typed, says):
    answer = clerk.post(address(jane, "number"), {"trust_number": typed, **shown_of(jane)})

    assert answer.status_code == 400
    assert says in problems(text(answer))["trust_number"]
    assert f'value="{typed}"' in text(answer)


def test_a_wrong_number_can_be_taken_away(clerk, jane):
    Referral.objects.filter(pk=jane.pk).update(identifier="RTX-9")

    clerk.post(address(jane, "number"), {"trust_number": "", **shown_of(jane)})

    assert Referral.objects.get().identifier == ""


def test_another_number_is_another_version_for_its_trust_too(jane):
    before = version_of(jane)
    jane.identifier = "RTX-10"

    assert version_of(jane) != before


# --- who else was there


FORMS = {
    "exam": {"exam": "MR-HEAD"},
    "number": {"trust_number": "RTX-9"},
    "urgency": {"urgency": "planned", "reason": "The referrer rang"},
}


@pytest.mark.parametrize("page", sorted(FORMS))
def test_what_its_trust_changed_meanwhile_is_not_overwritten_and_what_was_typed_is_kept(
    clerk, jane, now, page
):
    shown = shown_of(jane)
    urgency.change_urgency(jane, "urgent", now=now, actor="feed RTX")

    answer = clerk.post(address(jane, page), {**FORMS[page], **shown})

    assert answer.status_code == 409
    assert CHANGED in text(answer)
    assert "What you typed is kept" in text(answer)
    jane.refresh_from_db()
    assert (jane.urgency, jane.exam.code, jane.identifier) == ("urgent", "MR-1", "")
    again = text(clerk.get(address(jane, page)))
    assert any(f'value="{typed}"' in again for typed in FORMS[page].values())


@pytest.mark.parametrize("page", sorted(FORMS))
def test_a_request_that_ended_meanwhile_is_left_alone(clerk, jane, now, page):
    shown = shown_of(jane)
    ending.end(jane, "elsewhere", now=now, actor="feed RTX")

    answer = clerk.post(address(jane, page), {**FORMS[page], **shown})

    assert answer.status_code == 409
    assert clerk.get(address(jane, page))["Location"] == address(jane, "end")


@pytest.mark.parametrize("page", sorted(FORMS))
def test_whose_role_was_taken_away_in_mid_act_changes_nothing(clerk, jane, page):
    shown = shown_of(jane)
    Staff.objects.filter(pk=clerk.staff.pk).update(role="imaging")

    answer = clerk.post(address(jane, page), {**FORMS[page], **shown})

    assert answer.status_code == 403
    jane.refresh_from_db()
    assert (jane.urgency, jane.exam.code, jane.identifier) == ("routine", "MR-1", "")


def test_the_end_is_read_again_if_the_request_became_more_urgent(clerk, jane, now):
    asked = clerk.post(address(jane, "end"), {"reason": "elsewhere"})
    token = re.search(r'name="confirm" value="([^"]+)"', text(asked))[1]
    urgency.change_urgency(jane, "suspected_cancer", now=now, actor="feed RTX")

    answer = clerk.post(address(jane, "end"), {"reason": "elsewhere", "confirm": token})

    assert answer.status_code == 409
    assert Referral.objects.get().ended_at is None
