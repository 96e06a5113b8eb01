"""A feed that is held: what it would take away. A lead lets it go ahead, or keeps the times."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments.choices import on_slots
from booking.clerk.forms.held import KEEP, RELEASE, HeldForm, seen_token
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, staff_page
from booking.exchange.feeds import brake, decisions, lost_clinics
from booking.models import Appointment, Loss, LostClinic, LostSlot, Staff
from booking.models.appointment import LIVE
from booking.offers.lost import confirming, resume
from sites.models import Trust
from times.keyset import Key, page_of
from times.london import LONDON

A_PAGE = 50
CHANGED = "This changed a moment ago, so nothing was done. Read it again"
BY_TIME = (Key("start", datetime), Key("pk", int))
SOON = timedelta(hours=48)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.RELEASE)
def held(request: HttpRequest, staff: Staff, trust: str) -> HttpResponse:
    """Show what a feed would take away; do what the pressed button says of exactly that."""
    get_object_or_404(Trust, pk=trust, pk__in=staff.trust_codes)
    loss, now = decisions.held_loss(trust), timezone.now()
    form = HeldForm(request.POST or None)
    clinic = lost_clinics.clinic_of(loss) if loss else None
    if request.method == "POST":
        if loss and form.is_valid():
            if clinic and _goes_ahead(staff, loss, clinic, form):
                return redirect("lost-clinic", clinic.pk)
            _decide(request, staff, loss, form)
        else:
            say_refused(request, {"main-content": CHANGED})
        return redirect("staff-feed-held", trust)
    if loss is None:
        return render(request, "booking/clerk/held.jinja", {"staff": staff, "loss": None})
    waits = brake.waiting(loss, now)
    items = brake.open_slots(loss, now)
    booked = Appointment.objects.filter(
        on_slots(items.values("slot_id")), status__in=LIVE
    ).prefetch_related("parts")
    urgencies = Counter(booked.values_list("referral__urgency", flat=True))
    starts = items.values_list("slot__start", flat=True)
    whys = set(items.values_list("why", flat=True))
    listed = items.annotate(start=F("slot__start")).select_related("slot__site")
    page = page_of(listed, BY_TIME, request.GET, size=A_PAGE)
    return render(
        request,
        "booking/clerk/held.jinja",
        {
            "staff": staff,
            "loss": loss,
            "clinic": clinic,
            "waits": waits,
            "soon": booked.filter(start__lt=now + SOON).count(),
            "urgencies": sorted(urgencies.items()),
            "days": len({at.astimezone(LONDON).date() for at in starts}),
            "page": page,
            "is_site_moved": LostSlot.Why.SITE in whys,
            "is_machine_gone": LostSlot.Why.MACHINE in whys,
            "is_stop_moved": LostSlot.Why.STOP in whys,
            "is_only_stops": whys == {LostSlot.Why.STOP},
            "booked": {pk for one in booked for pk in one.slot_ids()},
            "form": HeldForm(initial={"seen": seen_token(loss.pk, *waits)}),
        },
    )


def _goes_ahead(staff: Staff, loss: Loss, clinic: LostClinic, form: HeldForm) -> bool:
    """Let a loss that is a lost clinic go ahead: other times are held first, and nobody is told.

    False if something else was pressed, or about something else; who pressed before has done it.
    """
    if form.cleaned_data["do"] != RELEASE or (form.shown or [0])[0] != loss.pk:
        return False
    now = timezone.now()
    with suppress(confirming.ClinicChanged):
        confirming.go_ahead(clinic, now=now, actor=staff.actor)
        resume.work(clinic, now=now)
    return True


def _decide(request: HttpRequest, staff: Staff, loss: Loss, form: HeldForm) -> None:
    """Do it, or say that what was shown is not what is there any more."""
    now, seen = timezone.now(), form.shown
    try:
        if seen is None or seen[0] != loss.pk:
            raise decisions.LossDecided
        shown = brake.Tally(seen[1], seen[2])
        if form.cleaned_data["do"] == RELEASE:
            report = decisions.release(loss, shown, now=now, actor=staff.actor)
            say_done(request, f"Done: {report.displaced} people are told, and stand on the list.")
        elif form.cleaned_data["do"] == KEEP:
            decisions.keep(loss, shown, now=now, actor=staff.actor)
            lost_clinics.follow(now=now)
            say_done(request, "The times are kept. Ask the trust to mend its feed within a day.")
    except (decisions.LossDecided, decisions.LossGrew):
        say_refused(request, {"main-content": CHANGED})
