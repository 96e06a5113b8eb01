"""Two records of one person: a lead compares, joins and takes apart."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.desk import FindForm
from booking.clerk.forms.merge import LABELS, MergeForm, UnmergeForm, say_field
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, may_open, patient_page, staff_page
from booking.models import AuditAction, Merge, Note, Patient, Referral, Staff
from booking.pages.forms import form_page
from booking.pages.subject import (
    OtherSubject,
    Subject,
    SubjectChanged,
    read_subject,
    subject_token,
)
from booking.patients import comparison, merging, same_person, taking_apart


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(Action.MERGE)
def find(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Ask which other record is of the same person."""
    form = FindForm(request.POST if request.method == "POST" else None)
    found = form.cleaned_data["who"].patients if form.is_valid() else same_person.alike(patient)
    others = [(one, may_open(request, staff, one)) for one in found if one.pk != patient.pk]
    audit.write_listed([one.pk for one, is_open in others if is_open], now=timezone.now(),
                       actor=staff.actor)  # fmt: skip
    words = {"staff": staff, "patient": patient, "others": others, "searched": form.is_bound}
    return form_page(request, "booking/clerk/join_find.jinja", form, words)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(Action.MERGE)
def join(request: HttpRequest, staff: Staff, patient: Patient, other_id: int) -> HttpResponse:
    """Show two records side by side, and what would move; join the other one into this."""
    other = _find_other(request, staff, patient, other_id)
    if isinstance(other, HttpResponse):
        return other
    now, about = timezone.now(), Subject(patient=patient.pk, row=other.pk)
    shown = comparison.compare(patient, other, now=now)
    if request.method == "POST":
        form = MergeForm(request.POST, shown=shown)
        try:
            if read_subject(request.POST) != about:
                raise OtherSubject
            if form["seen"].value() != shown.version:
                raise merging.MergeChanged
            if form.is_valid():
                merging.merge(patient, other, form.asked, now=now, actor=staff.actor)
                say_done(request, "The two records are one now. No text was sent.")
                return redirect("patient", patient.pk)
        except SubjectChanged as changed:
            return page_changed(request, staff, request.path, changed)
        except merging.MergeChanged:
            return page_changed(request, staff, request.path, SubjectChanged())
        except merging.CannotMerge as refused:
            form.add_error(None, str(refused))
    else:
        audit.write(AuditAction.VIEWED, now=now, actor=staff.actor, patient=other)
        form = MergeForm(shown=shown)
    words = {
        "staff": staff, "shown": shown, "about": subject_token(about), "labels": LABELS,
        "say_field": say_field,
    }  # fmt: skip
    return form_page(request, "booking/clerk/join.jinja", form, words)


def _find_other(
    request: HttpRequest, staff: Staff, patient: Patient, other_id: int
) -> Patient | HttpResponse:
    """Return the record to compare with, or where to go instead."""
    other = Patient.objects.filter(pk=other_id).exclude(pk=patient.pk).first()
    if other is None:
        return render(request, "booking/clerk/no_patient.jinja", status=404)
    if other.merged_into_id:
        return redirect("patient", other.merged_into_id)
    return other if may_open(request, staff, other) else redirect("patient-reason", other.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.MERGE)
def undo(request: HttpRequest, staff: Staff, merge_id: int) -> HttpResponse:
    """Say what goes back and what stays, and take two records apart."""
    joined = Merge.objects.select_related("kept", "lost").filter(pk=merge_id).first()
    if joined is None:
        return render(request, "booking/clerk/no_patient.jinja", status=404)
    kept = joined.kept
    if not may_open(request, staff, kept):
        return redirect("patient-reason", kept.pk)
    stays = joined.stayed if joined.undone_at else taking_apart.what_stays(joined)
    is_asked = not joined.undone_at and taking_apart.is_number_unclear(stays, kept)
    form = UnmergeForm(
        request.POST if request.method == "POST" else None,
        number=kept.nhs_number if is_asked else None, names=(kept.name, joined.lost.name),
    )  # fmt: skip
    if request.method == "POST":
        try:
            if read_subject(request.POST) != Subject(patient=kept.pk, row=joined.pk):
                raise OtherSubject
            if form.is_valid():
                taking_apart.unmerge(
                    joined, form.cleaned_data["reason"], form.whose_number,
                    now=timezone.now(), actor=staff.actor,
                )  # fmt: skip
                say_done(request, "They are two records again. No text was sent.")
                return redirect("merge-undo", joined.pk)
        except SubjectChanged as changed:
            return page_changed(request, staff, request.path, changed)
        except merging.CannotMerge as refused:
            say_refused(request, {"main-content": str(refused)})
            return redirect("merge-undo", joined.pk)
    else:
        audit.write(AuditAction.VIEWED, now=timezone.now(), actor=staff.actor, patient=kept)
    back = Referral.objects.filter(pk__in=joined.moved["referrals"])
    words = {
        "staff": staff, "joined": joined, "by": Staff.name_of(joined.actor),
        "about": subject_token(Subject(patient=kept.pk, row=joined.pk)),
        "back": back.select_related("exam", "trust"),
        "new_referrals": Referral.objects.filter(pk__in=stays["referrals"]).select_related(
            "exam", "trust"
        ),
        "new_notes": Note.objects.filter(pk__in=stays["notes"]),
        "new_ways": len(stays["phones"]) + len(stays["contacts"]),
        # Whose the number is stands as a question in the form: nobody has said that it stays.
        "changed": taking_apart.names_of(
            one for one in stays["fields"] if not (is_asked and one == "nhs_number")
        ),
        "patient_page": reverse("patient", args=[kept.pk]),
    }  # fmt: skip
    return form_page(request, "booking/clerk/join_undo.jinja", form, words)
