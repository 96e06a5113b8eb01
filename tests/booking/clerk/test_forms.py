"""What was typed comes back into the form that it was typed into, and into no other."""

import pytest

from booking.clerk.forms.booking import BookForm, CancelForm
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.hidden import SlotForm
from booking.clerk.forms.patient import NeedsForm, NoteForm
from booking.clerk.forms.sign_in import SignInForm
from booking.clerk.screen.appointments import show_appointments
from booking.clerk.screen.case import load_case
from booking.models import Appointment, Exam, Referral
from tests.answers import answered
from tests.booking.clerk.conftest import form_of, problems, text


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("12", 12),
        ("", 0),
        ("-1", 0),
        ("²", 0),
        ("1e3", 0),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, 0),
    ],
)
def test_a_number_that_our_page_did_not_write_names_nothing(sent, read):
    form = SlotForm({"slot": sent})

    assert form.is_valid()
    assert form.cleaned_data["slot"] == read


def test_a_draft_fills_what_people_type_and_leaves_what_a_form_carries(now):
    draft = FormDraft({"reason": ["sooner"], "slot": ["7"]}, {"reason": "Why?"})

    page = "".join(map(str, draft.fill(BookForm(initial={"slot": 9}, is_change=True))))

    assert 'value="sooner" selected' in page
    assert "Why?" in page
    assert 'name="slot" value="9"' in page


def test_an_error_stays_with_the_form_of_its_field():
    draft = FormDraft({"note": ["Ring"]}, {"mobile": "Type one first"})

    assert not draft.fill(NoteForm()).errors
    assert ">Ring</textarea>" in str(draft.fill(NoteForm())["note"])


def test_several_ticks_come_back():
    form = FormDraft({"needs": ["hoist", "carer"]}).fill(NeedsForm())

    assert str(form["needs"]).count("checked") == 2


def test_a_change_has_other_reasons_than_a_first_booking():
    first = BookForm({"slot": "1", "reason": "phoned"}, is_change=False)
    change = BookForm({"slot": "1", "reason": "phoned"}, is_change=True)

    assert first.is_valid()
    assert change.errors == {"reason": ["Choose a reason"]}


def test_a_password_is_never_printed_again_and_keeps_its_spaces():
    form = SignInForm({"username": "carol", "password": " pass word "})

    assert form.is_valid()
    assert form.cleaned_data["password"] == " pass word "
    assert "pass word" not in str(form["password"])


def test_of_two_appointments_the_refused_cancellation_alone_says_so(
    booked, jane, make_slot, at_desk, clerk, now
):
    exam = Exam.objects.create(code="MR-HIP", name="an MRI scan of your hip", modality="MR",
                               body_part="hip", minutes=30)  # fmt: skip
    other = answered(Referral.objects.create(
        code="3XRD7JQF", patient=jane.patient, exam=exam, trust=jane.trust, urgency="urgent",
        clock_start=jane.clock_start, target_day=jane.target_day,
    ))  # fmt: skip
    slot = make_slot(day=9)
    at_desk("hold", referral=other, slot=slot.pk)
    at_desk("book", referral=other, slot=slot.pk, reason="phoned")
    second = Appointment.objects.get(referral=other)
    draft = FormDraft({"about": [form_of(second)["about"]]}, {"cancel_reason": "Choose"})

    shown = show_appointments(load_case(jane.patient, clerk.staff, now), clerk.staff, draft)

    assert [one.appointment.pk for one in shown.coming] == [booked.pk, second.pk]
    assert [bool(one.form.errors) for one in shown.coming] == [False, True]
    assert isinstance(shown.coming[1].form, CancelForm)


def test_every_problem_of_a_referral_is_said_with_where_to_go(clerk, trust):
    page = text(clerk.post("/staff/refer/", {"trust": "RTX", "given_name": "Ann"}))

    assert list(problems(page)) == ["family_name", "born", "exam", "urgency", "clock_start"]


def test_boxes_that_are_remembered_show_what_is_ticked_now():
    pages = [str(NeedsForm(initial={"needs": needs})["needs"]) for needs in ([], ["hoist"], [])]

    assert [page.count("checked") for page in pages] == [0, 1, 0]
    assert "Choose a reason" in str(BookForm({"reason": ""}, is_change=True)["reason"])
    unsent = str(BookForm(is_change=True)["reason"])
    assert "nhsuk-error-message" not in unsent
