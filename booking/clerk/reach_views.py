"""Other ways to reach a patient, and the people around them: each a page with one form."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.clerk.acts import page_changed
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.hidden import PressForm
from booking.clerk.forms.reach import ContactForm, ReachForm, RemoveForm, contact_form, reach_form
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, patient_page
from booking.models import Patient, Staff
from booking.pages.forms import NhsForm, form_page
from booking.pages.subject import (
    OtherSubject,
    Subject,
    SubjectChanged,
    read_subject,
    subject_token,
)
from booking.patients import reach

REMOVE = "remove"


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(Action.BOOK)
def ways(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Change further phones, e-mail and address."""
    form = ReachForm(request.POST) if request.method == "POST" else reach_form(patient)

    def save() -> None:
        sent = form.cleaned_data
        reach.set_reach(
            patient, form.reach, sent["postcode"].upper(),
            seen=sent["seen"], now=timezone.now(), actor=staff.actor,
        )  # fmt: skip

    return _form(request, patient, form, save, {"staff": staff, "template": "reach"})


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(Action.BOOK)
def contact(
    request: HttpRequest, staff: Staff, patient: Patient, contact_id: int = 0
) -> HttpResponse:
    """Change one contact, add one, or take one away."""
    known = patient.contacts.filter(pk=contact_id).first()
    if contact_id and known is None and request.method != "POST":
        return redirect("patient", patient.pk)
    form: ContactForm | RemoveForm = contact_form(patient, known)
    if request.method == "POST":
        is_removed = PressForm(request.POST).pressed == REMOVE
        form = RemoveForm(request.POST) if is_removed else ContactForm(request.POST)

    def save() -> None:
        if contact_id and known is None:
            raise reach.ReachChanged
        reach.save_contact(
            patient, known, form.details,
            seen=form.cleaned_data["seen"], now=timezone.now(), actor=staff.actor,
        )  # fmt: skip

    words = {"staff": staff, "template": "contact", "contact": known}
    return _form(request, patient, form, save, words)


def _form(
    request: HttpRequest,
    patient: Patient,
    form: NhsForm,
    save: Callable[[], None],
    words: dict[str, Any],
) -> HttpResponse:
    """Show the form on its page; or save what was typed and go back to the patient's screen."""
    if request.method == "POST":
        try:
            if read_subject(request.POST).patient != patient.pk:
                raise OtherSubject
            if form.is_valid():
                save()
                say_done(request, "How to reach the patient is saved.")
                return redirect("patient", patient.pk)
        except SubjectChanged as changed:
            return page_changed(request, words["staff"], request.path, changed)
        except reach.ReachChanged:
            return page_changed(request, words["staff"], request.path, SubjectChanged())
    else:
        FormDraft(take_draft(request)).fill(form)
    about = subject_token(Subject(patient.pk))
    words = {**words, "patient": patient, "about": about}
    return form_page(request, f"booking/clerk/{words['template']}.jinja", form, words)
