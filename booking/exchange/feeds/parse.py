"""One NDJSON line to one checked Location, Schedule or Slot, or a refusal that says why.

Shapes and rules: FHIR R4, as the slots API narrows them (docs/slot-to-text.md).
"""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from booking.exchange.feeds.body_stream import MAX_LINE
from booking.exchange.feeds.line_subject import ID, subject_of
from booking.exchange.feeds.repairs import repaired
from booking.exchange.fhir_systems import CAPACITY, DICOM, KEPT_FOR, ODS_SITE, OUR_SITE, URGENCY
from received.json_body import JsonRefused, read_json
from received.moments import FIRST, is_usual
from sites.models import MODALITIES

MAX_CAPACITY = 100
MIN_LENGTH = timedelta(minutes=1)
"""No scan is shorter. A day cut into seconds would be 86,400 rows, each of them on sale."""
MAX_LENGTH = timedelta(hours=24)
AHEAD = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours. A stamp further ahead would make every later
word on the slot stale, so it is refused and the sender sees it."""

Id = Annotated[str, Meta(pattern=ID)]
Instant = Annotated[datetime, Meta(tz=True)]
STATUSES = {
    "free": "free",
    "busy": "busy",
    "busy-tentative": "busy",
    "busy-unavailable": "busy-unavailable",
    "entered-in-error": "withdrawn",
}
"""Every code of R4's Slot.status, and how Slot keeps it. Somebody is about to have a tentative one:
it is not free, and who was booked there by us stays."""


class LineRefused(ValueError):
    """A line that cannot be used. `code` is a FHIR issue type; the text says what to change.

    `item` is which resource it is about ("Slot/123", or "Slot" where its id cannot be read),
    `schedule` the id of the Schedule that it names; empty if that cannot be read.
    """

    def __init__(self, code: str, what: str, item: str = "", schedule: str = "") -> None:
        """Keep what is said of the line."""
        super().__init__(what)
        self.code = code
        self.item = item
        self.schedule = schedule


class _Meta(Struct, rename="camel"):
    last_updated: Instant | None = None


class _Identifier(Struct):
    system: str = ""
    value: str = ""


class _Reference(Struct):
    reference: str = ""

    @property
    def name(self) -> str:
        """The id of what it refers to: all behind the "/"."""
        return self.reference.partition("/")[2]


class _Coding(Struct):
    system: str = ""
    code: str = ""


class _Concept(Struct):
    coding: list[_Coding] = []


class _Extension(Struct, rename="camel"):
    url: str = ""
    value_integer: int | None = None


class Location(Struct, tag_field="resourceType", tag="Location"):
    """A trust's name for a place of ours."""

    id: Id
    identifier: list[_Identifier] = []
    meta: _Meta | None = None

    def site_identifier(self) -> tuple[str, str]:
        """Return (system, value) of the identifier that links it to our site."""
        for system in (ODS_SITE, OUR_SITE):
            for identifier in self.identifier:
                if identifier.system == system and identifier.value:
                    return system, identifier.value
        raise LineRefused("required", f"identifier needs one with system {ODS_SITE} and a value.")


class Schedule(Struct, rename="camel", tag_field="resourceType", tag="Schedule"):
    """A list of slots of one modality at one place."""

    id: Id
    actor: list[_Reference] = []
    service_type: list[_Concept] = []
    meta: _Meta | None = None

    def location_id(self) -> str:
        """Return the id of the one Location that it stands at."""
        ids = [a.name for a in self.actor if a.reference.startswith("Location/")]
        if len(ids) != 1:
            raise LineRefused(
                "required", f"actor names {len(ids)} Locations; it needs exactly one."
            )
        return ids[0]

    def device_ids(self) -> list[str]:
        """Return the ids of the scanners that it is of: most trusts name none that we know."""
        return [a.name for a in self.actor if a.reference.startswith("Device/")]

    def is_reserved(self) -> bool:
        """Whether its trust keeps it for suspected cancer: a further coding of serviceType."""
        codings = (c for s in self.service_type for c in s.coding if c.system == URGENCY)
        return any(c.code == KEPT_FOR for c in codings)

    def modality(self) -> str:
        """Return the DICOM code of what it scans with."""
        codes = {c.code for s in self.service_type for c in s.coding if c.system == DICOM}
        if len(codes) != 1 or not codes <= set(MODALITIES):
            known = ", ".join(MODALITIES)
            raise LineRefused(
                "value", f"serviceType needs one coding with system {DICOM}: {known}."
            )
        return codes.pop()


class Slot(Struct, tag_field="resourceType", tag="Slot"):
    """A time on a schedule, with room for `capacity` patients."""

    id: Id
    schedule: _Reference
    status: str
    start: Instant
    end: Instant
    extension: list[_Extension] = []
    meta: _Meta | None = None

    def names_schedule(self) -> str:
        """Return the id of its Schedule, empty if it names none as Schedule/<id>."""
        return self.schedule.name if self.schedule.reference.startswith("Schedule/") else ""

    def schedule_id(self) -> str:
        """Return the id of its Schedule."""
        if not self.names_schedule():
            raise LineRefused("required", "schedule.reference must be Schedule/<id>.")
        return self.schedule.name

    def stored_status(self) -> str:
        """Return the status as Slot keeps it: entered-in-error is a slot withdrawn."""
        if self.status not in STATUSES:
            raise LineRefused("value", f"status must be {', '.join(STATUSES)}.")
        return STATUSES[self.status]

    def is_on_sale(self) -> bool:
        """Whether somebody has it or may book it."""
        return STATUSES.get(self.status) in ("free", "busy")

    def capacity(self) -> int:
        """Return how many patients it has room for, 1 unless it says."""
        for extension in self.extension:
            if extension.url == CAPACITY:
                places = extension.value_integer
                if places is None or not 1 <= places <= MAX_CAPACITY:
                    raise LineRefused("value", f"slot-capacity must be 1 to {MAX_CAPACITY}.")
                return places
        return 1

    def check_times(self) -> None:
        """Refuse an end that is not a minute after the start, or a day later, or out of reach."""
        if not (is_usual(self.start) and is_usual(self.end)):
            raise LineRefused("value", "start and end must be in the years 1900 to 2199.")
        if self.end <= self.start:
            raise LineRefused("value", "end must be after start.")
        if self.end - self.start < MIN_LENGTH:
            raise LineRefused("value", "end is less than a minute after start.")
        if self.end - self.start >= MAX_LENGTH:
            raise LineRefused("value", "end is 24 hours or more after start.")


Resource = Location | Schedule | Slot
Line = tuple[int, bytes, Resource]
"""A line's number, its bytes, and what they say."""

_decoder: msgspec.json.Decoder[Resource] = msgspec.json.Decoder(Resource)


def parse(line: bytes) -> Resource:
    """Return the resource on one line, mended if need be. Raises LineRefused with what is wrong."""
    return parse_mended(line)[0]


def parse_mended(line: bytes) -> tuple[Resource, list[str]]:
    """Return the resource on one line, and what was mended of it. Raises LineRefused."""
    if len(line) > MAX_LINE:
        raise LineRefused("too-long", f"the line is over {MAX_LINE // 1024} KB.")
    try:
        return read_json(line, _decoder), []
    except JsonRefused as error:
        first = error
    mended, made = repaired(line)
    try:
        if made:
            return read_json(mended, _decoder), made
    except JsonRefused as error:
        first = error
    raise LineRefused(first.code, _explained(str(first)), *subject_of(mended))


def _explained(said: str) -> str:
    """Return what the decoder said of a line, with what to send instead."""
    if "timezone" in said:
        return f"{said}: an instant needs seconds and an offset or Z."
    if "RFC3339" in said:
        return (
            f"{said}: no such moment. Hours are 00 to 23, minutes and seconds 00 to 59 (without "
            "leap seconds), years 0001 to 9999."
        )
    return said


def stamp(resource: Resource, now: datetime) -> datetime:
    """Return when its sender last changed a resource; `now` where it does not say.

    Raises Refused if that is yet to come.
    """
    stamped = resource.meta.last_updated if resource.meta else None
    if stamped is None:
        return now
    if stamped < FIRST:
        raise LineRefused("value", "meta.lastUpdated must be in 1900 or later; or leave it out.")
    if stamped > now + AHEAD:
        raise LineRefused(
            "value",
            f"meta.lastUpdated {stamped.isoformat()} is ahead of our clock, "
            f"which says {now.isoformat(timespec='seconds')}.",
        )
    return stamped
