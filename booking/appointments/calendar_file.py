"""An appointment as a calendar entry (RFC 5545)."""

from datetime import datetime

from icalendar import Calendar, Event

from booking.models import Appointment
from sites.places import Place


def entry(appointment: Appointment, place: Place, *, link: str, now: datetime) -> bytes:
    """Return the .ics file: no name, no body part, as calendars are shared.

    A changed appointment keeps its UID with a higher SEQUENCE, so that a calendar moves it.
    """
    event = Event()
    event.add("uid", f"{appointment.reference}@scan-finder")
    event.add("sequence", appointment.version)
    event.add("dtstamp", now)
    event.add("dtstart", appointment.start)
    event.add("dtend", appointment.end)
    event.add("summary", f"Hospital appointment at {place.name}")
    event.add("location", f"{place.name}, {place.address}, {place.postcode}")
    event.add("description", f"{place.entrance} See details, change or cancel: {link}".strip())
    event.add("url", link)
    calendar = Calendar()
    calendar.add("prodid", "-//Scan booking and location finder//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    ics: bytes = calendar.to_ical()
    return ics
