"""One person of a lost clinic, before they are told: another time, or none by text."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.lost import IN, OUT, SWAP, DecideForm, seen_token
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, staff_page
from booking.models import AuditAction, LostPerson, Staff
from booking.offers.lost import changing, resume
from booking.offers.lost.confirming import ClinicChanged
from booking.pages.subject import SubjectChanged
from received.numbers import whole_number
from sites import places


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.LOST)
def person(request: HttpRequest, staff: Staff, clinic_id: int, person_id: int) -> HttpResponse:
    """Show what is held for one person and what else fits; swap it, take them out, or put in."""
    own = LostPerson.objects.of_trusts(staff.trust_codes).select_related(
        "clinic", "referral__patient", "referral__exam", "appointment__site", "slot__site"
    )
    found = get_object_or_404(own, pk=person_id, clinic=clinic_id)
    now = timezone.now()
    if request.method == "POST":
        try:
            _change(request, staff, found, now)
        except ClinicChanged:
            return page_changed(request, staff, request.path, SubjectChanged())
        return redirect("lost-clinic", clinic_id)
    audit.write(AuditAction.VIEWED, now=now, actor=staff.actor, referral=found.referral)
    may_change = found.state in LostPerson.UNTOLD
    others = changing.others_for(found, now=now) if may_change else []
    words = {
        "staff": staff,
        "person": found,
        "others": [(slot, places.get(slot.site_id).name, minutes) for slot, minutes in others],
        "may_change": may_change,
        "seen": seen_token("person", found.pk, found.state, found.slot_id),
    }
    return render(request, "booking/clerk/lost_person.jinja", words)


def _change(request: HttpRequest, staff: Staff, found: LostPerson, now: datetime) -> None:
    """Do what was pressed about exactly what was shown. Raises ClinicChanged."""
    form = DecideForm(request.POST)
    if not form.is_valid() or form.shown != ["person", found.pk, found.state, found.slot_id]:
        raise ClinicChanged
    act = form.cleaned_data["do"]
    if act == SWAP:
        try:
            slot = whole_number(form.cleaned_data["slot"]) or 0
            changing.swap(found, slot, now=now, actor=staff.actor)
        except changing.NotToBeHad:
            say_refused(request, {"main-content": "That time has just gone. Choose another"})
            return
        say_done(request, "The other time is held")
    elif act == OUT:
        changing.take_out(found, now=now, actor=staff.actor)
        say_done(request, "Taken out: a person phones them")
    elif act == IN:
        changing.put_in(found, now=now, actor=staff.actor)
        resume.work(found.clinic, now=now)
        say_done(request, "Put in again")
    else:
        raise ClinicChanged
