"""The staff's pages about texts: how they are doing, what one said, sending one again.

Numbers are shown by their last three digits. Whoever looks at a text is written down.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.forms.narrow import TextsForm
from booking.clerk.forms.texts import ResendForm
from booking.clerk.notices import say_refused
from booking.clerk.permissions import Action, may_open, staff_page
from booking.messages import texts as patient_texts
from booking.models import AuditAction, Patient, Staff
from booking.pages.posted import form_only
from notifications import by_hand, figures
from notifications.models import Inbound, Kind, Message, State
from times.keyset import Key, Source, page_of, page_of_all

SHOWN = 50
WRITTEN_FIRST = (Key("created_at", datetime), Key("pk", UUID))
WRITTEN_LAST = (Key("-created_at", datetime), Key("-pk", UUID))
RECEIVED_LAST = (Key("-received_at", datetime), Key("-pk", UUID))
DIED = "The patient has died. No text goes to this number for them any more."


@require_safe
@staff_page(Action.TEXTS)
def texts(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show the outbox by state, what is overdue or doubtful, and the replies that wait."""
    now = timezone.now()
    state = TextsForm(request.GET).chosen
    latest = Message.objects.filter(state=state) if state else Message.objects.all()
    unknown = Message.objects.filter(state=State.UNKNOWN)
    # After "opted in, ", too: Twilio took the word for START, and somebody has to read it as well.
    to_read = Inbound.objects.filter(outcome__contains="for a clerk").exclude(number_hash="")
    lists = {
        name: page_of(rows, order, request.GET, size=SHOWN, parameter=name)
        for name, rows, order in (
            ("latest", latest, WRITTEN_LAST),
            ("unknown", unknown, WRITTEN_FIRST),
            ("to_read", to_read, RECEIVED_LAST),
        )
    }
    return render(
        request,
        "booking/clerk/texts.jinja",
        {
            "staff": staff,
            "figures": figures.count(now),
            "states": State,
            "state": state,
            **lists,
        },
    )


@require_safe
@staff_page(Action.TEXTS)
def text(request: HttpRequest, staff: Staff, message_id: str) -> HttpResponse:
    """Show one text, its words, and everything that happened to it."""
    message = get_object_or_404(Message, pk=message_id)
    if refused := _ask_why(request, staff, message):
        return refused
    _audit(staff, AuditAction.TEXT_SEEN, message)
    return _show(request, staff, message)


@staff_page(Action.TEXTS)
@form_only("staff-text", "message_id")
def again(request: HttpRequest, staff: Staff, message_id: str) -> HttpResponse:
    """Send one text again, for a reason."""
    message = get_object_or_404(Message, pk=message_id)
    if refused := _ask_why(request, staff, message):
        return refused
    if _has_died(message):
        say_refused(request, {"again": DIED})
        return redirect("staff-text", message.pk)
    form = ResendForm(request.POST)
    if not form.is_valid():
        return _show(request, staff, message, form)
    try:
        sent = by_hand.resend(
            message.pk,
            reason=by_hand.Reason(form.cleaned_data["reason"]),
            actor=staff.actor,
            seen_retries=form.cleaned_data["seen"],
            now=timezone.now(),
        )
    except by_hand.CannotResend as fault:
        say_refused(request, {"again": str(fault)})
        return redirect("staff-text", message.pk)
    _audit(staff, AuditAction.TEXT_SENT_AGAIN, sent)
    return redirect("staff-text", sent.pk)


@require_safe
@staff_page(Action.TEXTS)
def phone(request: HttpRequest, staff: Staff, text_id: UUID) -> HttpResponse:
    """Show what was said with the phone of one text, sent or received: both ways, of 30 days."""
    number_hash, number = _phone_of(text_id)
    sent = Message.objects.filter(to_hash=number_hash)
    replies = Inbound.objects.filter(number_hash=number_hash)
    both = [Source(sent, WRITTEN_LAST), Source(replies, RECEIVED_LAST)]
    said = page_of_all(both, request.GET, size=SHOWN)
    people = _people_of(sent)
    # Who only ever wrote to us is known by the number alone.
    people |= set(Patient.objects.filter(pk__in=Patient.with_mobile(number))) if number else set()
    for patient in people:
        if not may_open(request, staff, patient):
            return redirect("patient-reason", patient.pk)
    now = timezone.now()
    with transaction.atomic():
        for patient in people:
            audit.write(AuditAction.TEXTS_SEEN, now=now, actor=staff.actor, patient=patient)
    return render(
        request,
        "booking/clerk/phone.jinja",
        {
            "staff": staff,
            "said": said,
            "people": sorted(people, key=lambda one: one.pk),
            "number": number,
            "secret": Kind.ONE_TIME_CODE,
        },
    )


def _show(
    request: HttpRequest, staff: Staff, message: Message, form: ResendForm | None = None
) -> HttpResponse:
    retries = list(message.retries.order_by("created_at"))
    form = form or ResendForm(initial={"seen": len(retries)})
    return render(
        request,
        "booking/clerk/text.jinja",
        {
            "staff": staff,
            "message": message,
            "events": message.events.all(),
            "retries": retries,
            "why_not": DIED if _has_died(message) else by_hand.why_not(message, timezone.now()),
            "people": filter(None, [_patient(message)]),
            "secret": message.kind == Kind.ONE_TIME_CODE,
            "form": form,
        },
        status=400 if form.errors else 200,
    )


def _phone_of(text_id: UUID) -> tuple[str, str]:
    """Return the hash and the number of a text's phone; the number is empty after 30 days.

    A text is named by its own id, so that no number, hashed or not, stands in an address.
    """
    sent = Message.objects.filter(pk=text_id).values_list("to_hash", "to")
    received = Inbound.objects.filter(pk=text_id).values_list("number_hash", "number")
    number_hash, number = sent.first() or received.first() or ("", "")
    if not number_hash:
        raise Http404
    return number_hash, number


def _patient(message: Message) -> Patient | None:
    referral, _ = patient_texts.find_subject(message.subject)
    return referral.patient if referral else None


def _people_of(messages: QuerySet[Message]) -> set[Patient]:
    """Return whom texts are about: of all of them, also of those that the page does not show."""
    subjects = messages.order_by().values_list("subject", flat=True).distinct()
    found = (patient_texts.find_subject(subject)[0] for subject in subjects)
    return {referral.patient for referral in found if referral}


def _has_died(message: Message) -> bool:
    patient = _patient(message)
    return patient is not None and patient.died_at is not None


def _ask_why(request: HttpRequest, staff: Staff, message: Message) -> HttpResponse | None:
    """Send who works for another trust to give a reason first; None if they may see it."""
    patient = _patient(message)
    if patient is None or may_open(request, staff, patient):
        return None
    return redirect("patient-reason", patient.pk)


def _audit(staff: Staff, action: AuditAction, message: Message) -> None:
    """Write down whose text was looked at, by whom."""
    referral, appointment = patient_texts.find_subject(message.subject)
    audit.write(
        action,
        now=timezone.now(),
        actor=staff.actor,
        referral=referral,
        appointment=appointment,
        message=str(message.pk),
    )
