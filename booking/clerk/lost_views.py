"""Lost clinics: a lead says what is lost, sees whom it touches, looks, confirms, follows."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.lost import (
    BACK,
    CONFIRM,
    GO_AHEAD,
    DecideForm,
    LostForm,
    seen_token,
)
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, load_again, staff_page
from booking.clerk.screen.lost_clinic import numbers_shown, people_of
from booking.models import LostClinic, LostPerson, Staff
from booking.offers.lost import confirming, freezing, resume, states
from booking.offers.lost.confirming import ClinicChanged
from booking.offers.lost.preview import preview, say_urgencies
from booking.offers.lost.what import Lost, lost_already, things, words_of
from booking.pages.forms import form_page
from booking.pages.subject import SubjectChanged
from sites.models import Trust
from times.keyset import Key, page_of

A_PAGE = 100
NOTHING_NEW = 204
LATEST = (Key("-said_at", datetime), Key("-pk", int))
PRESSING_FIRST = (Key("rank", int), Key("start", datetime), Key("pk", int))
State = LostClinic.State
DONE = {
    CONFIRM: "Confirmed. People are told, the most pressing first.",
    BACK: "It is back. Who has not been moved keeps their time.",
    GO_AHEAD: "Other times are held. Look at them, then confirm.",
}


@require_safe
@staff_page(Action.LOST)
def clinics(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List the lost clinics of one's trusts, and ask what is lost: `what` may say it by now."""
    now, what = timezone.now(), request.GET.get("what", "")
    form = LostForm(things=things(staff.trust_codes, now=now), initial={"what": what})
    found = LostClinic.objects.of_trusts(staff.trust_codes).select_related(
        "trust", "schedule__site", "scanner__site", "site"
    )
    page = page_of(found, LATEST, request.GET, size=A_PAGE)
    shown = [(one, words_of(one), states.numbers(one)) for one in page.rows]
    return render(
        request,
        "booking/clerk/lost.jinja",
        {"staff": staff, "form": form, "page": page, "clinics": shown},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.LOST)
def say(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show whom it would touch that something is lost; once pressed, take it off sale."""
    now = timezone.now()
    if request.method == "POST":
        return _start(request, staff, now)
    if not request.GET:
        return redirect("lost-clinics")
    own = things(staff.trust_codes, now=now)
    form = LostForm(request.GET, things=own)
    if not form.is_valid():
        return form_page(request, "booking/clerk/lost_say.jinja", form, {"staff": staff})
    lost = form.lost
    shown = preview(lost, now=now)
    already = [(one, words_of(one), count) for one, count in lost_already(lost, now=now)]
    words = {
        "staff": staff,
        "lost": lost,
        "what": next(one.words for one in own if one.value == form.cleaned_data["what"]),
        "reason": LostClinic.Reason(lost.reason).label,
        "preview": shown,
        "urgencies": say_urgencies(shown.urgencies),
        "already": already,
        "decide": DecideForm(initial={"seen": _token_of(lost)}),
    }
    return render(request, "booking/clerk/lost_preview.jinja", words)


def _token_of(lost: Lost) -> str:
    said = {**asdict(lost), "begins": lost.begins.isoformat(), "ends": lost.ends.isoformat()}
    return seen_token("say", said)


def _start(request: HttpRequest, staff: Staff, now: datetime) -> HttpResponse:
    """Take what was shown off sale, hold other times, and go to its page."""
    form = DecideForm(request.POST)
    shown = form.shown if form.is_valid() else []
    own = Trust.objects.filter(pk__in=staff.trust_codes)
    if shown[:1] != ["say"] or not own.filter(pk=shown[1]["trust"]).exists():
        say_refused(request, {"main-content": "Say what is lost"})
        return redirect("lost-clinics")
    said = shown[1]
    lost = replace(
        Lost(**said),
        begins=datetime.fromisoformat(said["begins"]),
        ends=datetime.fromisoformat(said["ends"]),
    )
    try:
        clinic = freezing.start(lost, now=now, actor=staff.actor)
    except freezing.NothingToLose:
        say_refused(request, {"main-content": "Nothing there is still to come that is not lost"})
        return redirect("lost-clinics")
    resume.work(clinic, now=now)
    return redirect("lost-clinic", clinic.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.LOST)
def clinic(request: HttpRequest, staff: Staff, clinic_id: int) -> HttpResponse:
    """Show one lost clinic, its people and its numbers; do what the pressed button says."""
    own = LostClinic.objects.of_trusts(staff.trust_codes).select_related(
        "trust", "schedule__site", "scanner__site", "site"
    )
    found = get_object_or_404(own, pk=clinic_id)
    now = timezone.now()
    if request.method == "POST":
        try:
            _decide(request, staff, found, now)
        except ClinicChanged:
            return page_changed(request, staff, request.path, SubjectChanged())
        return redirect("lost-clinic", clinic_id)
    if request.headers.get("HX-Request"):
        if request.GET.get("shown") != found.state:
            if found.busy_until and found.busy_until > now:
                return HttpResponse(status=NOTHING_NEW)  # a press is being done: leave its page
            return load_again()  # the buttons are others now
        return render(request, "booking/clerk/_lost_numbers.jinja", _numbers(found, now))
    people = people_of(found)
    page = page_of(people, PRESSING_FIRST, request.GET, size=A_PAGE)
    named = [one.referral.patient_id for one in page.rows]
    audit.write_listed(named, now=now, actor=staff.actor)
    waits = preview(found, now=now) if found.state == State.WAITING else None
    words = {
        "staff": staff,
        "what": words_of(found),
        "page": page,
        "preview": waits,
        "urgencies": say_urgencies(waits.urgencies) if waits else "",
        "may_change": found.state == State.FOUND,
        "goes_on": _goes_on(found),
        "decide": DecideForm(initial={"seen": seen_token("clinic", found.pk, found.state)}),
        **_numbers(found, now),
    }
    return render(request, "booking/clerk/lost_clinic.jinja", words)


def _numbers(found: LostClinic, now: datetime) -> dict[str, Any]:
    shown = numbers_shown(found)
    is_live = found.state not in (State.OVER, State.WAITING) and found.ends > now
    return {"clinic": found, "numbers": shown, "is_live": is_live}


def _goes_on(found: LostClinic) -> datetime | None:
    """Return when the first of the people is told though no lead has decided."""
    if found.is_decided:
        return None
    people = LostPerson.objects.filter(clinic=found, state__in=LostPerson.UNTOLD)
    return people.order_by("goes_on_at").values_list("goes_on_at", flat=True).first()


def _decide(request: HttpRequest, staff: Staff, found: LostClinic, now: datetime) -> None:
    """Do what was pressed about exactly what was shown. Raises ClinicChanged."""
    form = DecideForm(request.POST)
    if not form.is_valid() or form.shown != ["clinic", found.pk, found.state]:
        raise ClinicChanged
    acts = {CONFIRM: confirming.confirm, BACK: confirming.say_back, GO_AHEAD: confirming.go_ahead}
    act = form.cleaned_data["do"]
    if act not in acts:
        raise ClinicChanged
    acts[act](found, now=now, actor=staff.actor)
    resume.work(found, now=now)
    say_done(request, DONE[act])
