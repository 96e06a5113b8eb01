"""Something sooner, for staff: a caller's wish, and for leads what was offered and taken."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments.booking import live_appointment
from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.hidden import PressForm
from booking.clerk.forms.sooner import PeriodForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, referral_page, staff_page
from booking.clerk.screen.origin import origin_of
from booking.models import Appointment, Referral, SoonerWish, Staff
from booking.offers.sooner import figures, wishes
from booking.offers.sooner.answers import answers_of, in_words, where_choices
from booking.offers.sooner.forms import AllForm
from booking.pages.csv_download import csv_download
from booking.pages.forms import form_page
from booking.pages.subject import SubjectChanged, read_subject, subject_now, subject_token
from sites import places
from sites.postcodes import Origin

STOP, SAVE = "stop", "save"


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.BOOK)
def wish(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Show what a caller would come sooner for; put them on the list, change it, or stop it."""
    now, live = timezone.now(), live_appointment(referral)
    why, known = wishes.why_not_on(referral, now=now), wishes.wish_of(referral)
    origin = origin_of(request.session, referral.patient)
    about = subject_token(subject_now(referral))
    form = _form(request, referral, live, known, origin)
    if request.method == "POST":
        try:
            read_subject(request.POST).must_be(subject_now(referral))
            if done := _act(request, staff, referral, form, origin):
                say_done(request, done)
                address = reverse("patient", args=[referral.patient_id])
                return redirect(f"{address}?referral={referral.pk}")
        except SubjectChanged as changed:
            return _page_changed(request, staff, referral, changed)
        except (wishes.WishChanged, wishes.NotForSooner):
            return _page_changed(request, staff, referral, SubjectChanged())
    context = {
        "staff": staff, "referral": referral, "appointment": live, "wish": known, "why_not": why,
        "about": about, "answers": in_words(wishes.wanted_of(known)) if known else [],
    }  # fmt: skip
    return form_page(request, "booking/clerk/sooner_wish.jinja", form, context)


def _page_changed(
    request: HttpRequest, staff: Staff, referral: Referral, changed: SubjectChanged
) -> HttpResponse:
    return page_changed(request, staff, reverse("referral-sooner", args=[referral.pk]), changed)


def _form(
    request: HttpRequest,
    referral: Referral,
    live: Appointment | None,
    known: SoonerWish | None,
    origin: Origin | None,
) -> AllForm:
    scan = sorted((place.name, place.id) for place in places.places_with(referral.exam.modality))
    where = where_choices(knows_origin=origin is not None, booked_site=live.site_id) if live else []
    before = answers_of(known, live.site_id).kept() if known and live else {}
    return AllForm(
        request.POST if request.method == "POST" else None,
        initial={**before, "wish": known.version if known else 0},
        where=where,
        sites=[(str(pk), name) for name, pk in scan],
    )


def _act(
    request: HttpRequest, staff: Staff, referral: Referral, form: AllForm, origin: Origin | None
) -> str:
    """Do what was pressed; return what was done, empty if the form says what is wrong.

    Raises WishChanged and NotForSooner.
    """
    now, seen = timezone.now(), form.seen
    if PressForm(request.POST).pressed == STOP:
        wishes.take_off(referral, now=now, actor=staff.actor, seen=seen)
        return "They are off the list for something sooner."
    live = live_appointment(referral)
    if live is None:
        raise wishes.NotForSooner(wishes.WhyNot.NO_TIME)
    if not form.is_valid():
        return ""
    wanted = form.answers.wanted(live.site_id, origin)
    door = SoonerWish.Door.STAFF
    wishes.put_on(referral, wanted, door=door, now=now, actor=staff.actor, seen=seen)
    return "They are on the list for something sooner."


@require_safe
@staff_page(Action.SOONER)
def offered(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Show what was offered and taken, by age, deprivation, how we ask and urgency; or as CSV."""
    form = PeriodForm(request.GET)
    tables = figures.figures(staff.trust_codes, form.days_back, now=timezone.now())
    if form.wants_file:
        audit.write_export("something sooner", now=timezone.now(), actor=staff.actor)
        return csv_download("something-sooner.csv", figures.rows(tables))
    return render(
        request,
        "booking/clerk/sooner.jinja",
        {"staff": staff, "form": form, "tables": tables, "head": figures.HEAD},
    )
