"""How much of each scan a trust keeps for suspected cancer: leads see it, and set it."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import reserving
from booking.clerk.acts import page_changed
from booking.clerk.forms.reserved import ReservedForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, staff_page
from booking.exams.reserved import HOURS
from booking.models import ReservedShare, Schedule, Slot, Staff
from booking.pages.subject import Subject, SubjectChanged, read_subject, subject_token
from sites.models import MODALITIES, Trust


@dataclass(frozen=True)
class Line:
    """One scan of one trust: its share, how many times to come are kept, and marked schedules."""

    trust: Trust
    share: ReservedShare
    scan: str
    kept: int
    marked: int


@require_safe
@staff_page(Action.RESERVED)
def reserved(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List what each trust of this person keeps."""
    now = timezone.now()
    lines = [
        Line(
            trust,
            share,
            MODALITIES[share.modality],
            _coming(share).filter(reserved_until__gt=now, start__gt=now).count(),
            Schedule.objects.of_trust(trust.pk)
            .filter(modality=share.modality, is_reserved=True)
            .count(),
        )
        for trust in Trust.objects.filter(pk__in=staff.trust_codes).order_by("name")
        for share in _shares(trust)
    ]
    return render(request, "booking/clerk/reserved.jinja", {"staff": staff, "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.RESERVED)
def change(request: HttpRequest, staff: Staff, trust: str, modality: str) -> HttpResponse:
    """Set how much of one scan is kept."""
    own = Trust.objects.filter(pk=trust, pk__in=staff.trust_codes).first()
    shares = {one.modality: one for one in _shares(own)} if own else {}
    share = shares.get(modality)
    if own is None or share is None:
        words = {"staff": staff, "back": reverse("staff-reserved")}
        return render(request, "booking/clerk/no_reserve.jinja", words, status=404)
    now, about = timezone.now(), _subject(share)
    form = ReservedForm(request.POST if request.method == "POST" else None, initial=_said(share))
    if form.is_valid():
        sent = form.cleaned_data
        try:
            read_subject(request.POST).must_be(about)
            kept = reserving.set_share(
                share, percent=sent["percent"], hours=sent["hours"], now=now, actor=staff.actor
            )
        except (SubjectChanged, reserving.ShareChanged):
            return page_changed(request, staff, request.path, SubjectChanged())
        say_done(request, f"It is set. Times to come that are kept: {kept}.")
        return redirect("staff-reserved")
    words = {"staff": staff, "form": form, "trust": own, "scan": MODALITIES[modality]}
    words["about"] = subject_token(about)
    status = 400 if form.errors else 200
    return render(request, "booking/clerk/reserved_set.jinja", words, status=status)


def _shares(trust: Trust) -> list[ReservedShare]:
    """Return the share of each scan that a trust has schedules of, unsaved where none was set."""
    scans = set(Schedule.objects.of_trust(trust.pk).values_list("modality", flat=True))
    set_by_now = {one.modality: one for one in ReservedShare.objects.of_trust(trust.pk)}
    return [
        set_by_now.get(code) or ReservedShare(trust=trust, modality=code, percent=0, hours=HOURS)
        for code in MODALITIES
        if code in scans
    ]


def _coming(share: ReservedShare) -> "QuerySet[Slot]":
    return Slot.objects.of_trust(share.trust_id).filter(modality=share.modality)


def _said(share: ReservedShare) -> dict[str, int]:
    return {"percent": share.percent, "hours": share.hours}


def _subject(share: ReservedShare) -> Subject:
    """Return what a form is about that sets this share: version 0 of one that nobody set yet."""
    return Subject(row=share.pk or 0, row_version=share.version if share.pk else 0)
