"""An appointment as a calendar file (RFC 5545), and what takes it out again (RFC 5546)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import Sum
from icalendar import Alarm, Calendar, Event, vUri

from booking.exams import preparation
from booking.models import Appointment
from notifications.wording import lint
from sites.places import Place
from times.london import say_times

OURS = UUID("6f0d3f6e-2c51-4f0f-9a77-2f4c3b1b8f52")
"""The namespace of our UIDs. Never change it: calendars would show every appointment twice."""
REMIND_BEFORE = timedelta(days=1)
Status = Appointment.Status
STATUS = {
    Status.PENDING: "TENTATIVE",
    Status.BOOKED: "CONFIRMED",
    Status.CANCELLED: "CANCELLED",
    Status.DISPLACED: "CANCELLED",
}
"""What a calendar calls the states. Of what has happened there is no file."""


def has_file(appointment: Appointment) -> bool:
    """Return whether there is a file to put an appointment into a calendar, or to take it out."""
    return appointment.status in STATUS


def takes_out(appointment: Appointment) -> bool:
    """Return whether its file takes the appointment out of a calendar: it is off."""
    return STATUS.get(Status(appointment.status)) == "CANCELLED"


def method_of(appointment: Appointment) -> str:
    """Return what a calendar should do with the file: PUBLISH puts it in, CANCEL takes it out."""
    return "CANCEL" if takes_out(appointment) else "PUBLISH"


def entry(appointment: Appointment, place: Place, *, link: str, now: datetime) -> bytes:
    """Return the .ics file: no name, no code, no body part, as calendars are shared.

    All appointments of one referral are one entry: it has one UID, and its SEQUENCE rises with
    every change of any of them. So a calendar moves it, takes it out, and puts it back when the
    patient books again. Two visits of one day are one entry, so that they go together; it says when
    each begins. Times are in UTC, which is plain on the night when the clocks change, too.
    """
    event = Event()
    event.add("uid", str(uuid5(OURS, f"{appointment.referral.trust_id} {appointment.referral_id}")))
    event.add("sequence", _changes_so_far(appointment))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", appointment.start.astimezone(UTC))
    event.add("dtend", appointment.last_end.astimezone(UTC))
    event.add("status", STATUS[Status(appointment.status)])
    event.add("organizer", vUri(settings.PUBLIC_BASE_URL), {"CN": settings.ORGANISATION_NAME})
    event.add("summary", f"{_begins(appointment)} at {place.name}{_twice(appointment)}")
    event.add("location", f"{place.name}, {place.address}, {place.postcode}")
    event.add("description", _description(appointment, place, link))
    event.add("url", link)
    if not takes_out(appointment):
        event.add_component(_alarm(place))
    calendar = Calendar()
    calendar.add("prodid", "-//Scan booking and location finder//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method_of(appointment))
    calendar.add_component(event)
    ics: bytes = calendar.to_ical()
    return ics


def _changes_so_far(appointment: Appointment) -> int:
    """Return how often any appointment of this referral was made or changed: it only rises."""
    made = Appointment.objects.filter(referral=appointment.referral_id)
    changes: int = made.aggregate(all=Sum("version"))["all"]
    return changes


def _begins(appointment: Appointment) -> str:
    return {
        "TENTATIVE": "Not certain yet: hospital appointment",
        "CONFIRMED": "Hospital appointment",
        "CANCELLED": "Cancelled: hospital appointment",
    }[STATUS[Status(appointment.status)]]


def _twice(appointment: Appointment) -> str:
    visits = appointment.visits()
    return f": {say_times([start for start, _ in visits])}" if len(visits) > 1 else ""


def _description(appointment: Appointment, place: Place, link: str) -> str:
    """Return what to know before going, a line each; of what is off only where to book again."""
    if takes_out(appointment):
        return f"Please do not come at this time. To book again: {link}"
    how = preparation.instructions(appointment.referral.exam, appointment.visits())
    lines = []
    if appointment.status == Status.PENDING:
        lines.append("Please do not come until the hospital has confirmed this time.")
    lines += [f"{words}." for words in how.times]
    lines += _unclinical("How to prepare:", how.prepare)
    lines += _unclinical("What to bring:", how.bring)
    lines += [place.entrance, f"To see the details, change or cancel: {link}"]
    return "\n".join(line for line in lines if line)


def _unclinical(heading: str, said: Sequence[str]) -> list[str]:
    """Return the lines under a heading without those that a shared calendar should not say.

    Where one is left out it says so: a fast alone, without what people with diabetes must know
    first, would do harm.
    """
    kept = [line for line in said if not lint.clinical_words(line, "en")]
    if len(kept) < len(said):
        kept.insert(0, "There is more to know: see your appointment online before you prepare.")
    return [heading, *kept] if kept else []


def _alarm(place: Place) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -REMIND_BEFORE)
    alarm.add("description", f"Hospital appointment at {place.name} tomorrow: how to prepare")
    return alarm
