"""Where and when, for partners: Location, Schedule and Slot, searched and read."""

import math
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import parameters, services
from booking.api.fhir_view import FHIR_JSON, FhirView, fhir_response
from booking.api.refusals import FhirError, invalid, not_found, required
from booking.changes import commit_numbers
from booking.exams import overlaps
from booking.exchange import fhir_resources
from booking.exchange.feeds import free_slots
from booking.exchange.fhir_resources import Resource
from booking.exchange.fhir_systems import DISTANCE
from booking.models import Schedule, Slot
from received.numbers import whole_number
from sites import places, travel
from sites.postcodes import Origin
from sites.travel.journey import KM_PER_MILE

OK = {(200, FHIR_JSON): OpenApiTypes.OBJECT}
REFUSED = {
    (status, FHIR_JSON): OpenApiTypes.OBJECT for status in (400, 401, 403, 404, 409, 410, 412, 422)
}
ID = OpenApiParameter("id", str, OpenApiParameter.PATH)
SERVICE = "schedule.actor:HealthcareService"
"""The service whose times are wanted: with us, a place that scans."""
BARS_SERVICE = "Schedule.actor:HealthcareService"
"""How BaRS writes it, with a capital that FHIR has not."""
INCLUDES = {"Slot:schedule", "Schedule:actor"}
UNITS = {"": 1.0, "km": 1.0, "[mi_us]": KM_PER_MILE, "mi": KM_PER_MILE}


class SlotSearch(FhirView):
    """Slots between two moments."""

    needs = {"get": [("Slot", "s")]}
    takes = {
        "get": parameters.known(
            "status", "service-type", "schedule.actor", SERVICE, BARS_SERVICE, "_count", "_page",
            many=("start", "_include"),
        )
    }  # fmt: skip

    @extend_schema(
        operation_id="search_slots",
        parameters=[
            OpenApiParameter(
                "status", str, required=True, description="free, busy, or both: free,busy"
            ),
            OpenApiParameter(
                "start",
                str,
                many=True,
                required=True,
                description="Twice: ge<instant> and le<instant>, at most 14 days apart",
            ),
            OpenApiParameter("service-type", str, description="CT, MR, DX, BMD, NM or US"),
            OpenApiParameter("schedule.actor", str, description="Location/<id>: that place only"),
            OpenApiParameter(
                SERVICE, str, description="A Location’s identifier, as a BaRS service: RXL01"
            ),
            OpenApiParameter(BARS_SERVICE, str, description="The same, as BaRS writes it"),
            OpenApiParameter(
                "_include",
                str,
                many=True,
                description="Slot:schedule and Schedule:actor. Others are passed over, as in BaRS",
            ),
            OpenApiParameter("_count", int, description="1 to 500; 100 unless said"),
            OpenApiParameter("_page", str, description="As link.next has it"),
        ],
        responses=OK | REFUSED,
        description=(
            "A searchset Bundle of Slots, soonest first. Bundle.total counts them all, up to "
            f"{free_slots.MOST_COUNTED:,}, and is missing where there are more: follow link.next. "
            "A range over 14 days is 422 too-costly. Trusts whose feed is too old are left "
            "out. A time that somebody is choosing is busy. link.self says what was applied, and "
            "nothing else."
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer one page."""
        asked, now = _asked(request), timezone.now()
        count, after = parameters.count(request), _read_page(request)
        found, more = free_slots.free_slots(asked, now=now, count=count, after=after)
        is_all = not more and after is None
        total = len(found) if is_all else free_slots.count(asked, now=now)
        links = {"self": _here(request, request.query_params.get("_page", ""))}
        if more:
            links["next"] = _here(request, _page_after(found[-1]))
        slots = [_slot(slot, now) for slot in found]
        included = _included(request, found)
        return fhir_response(fhir_resources.bundle(slots, included, total=total, links=links))


class ScheduleRead(FhirView):
    """One schedule, by our own id."""

    needs = {"get": [("Schedule", "r")]}

    @extend_schema(
        operation_id="read_schedule",
        parameters=[ID],
        responses=OK | REFUSED,
        description=(
            "A Schedule: what is scanned with, and at which Location. A mobile scanner’s is "
            "published once for each Location that it stands at."
        ),
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it, or 404."""
        number, _, elsewhere = id.partition("-")
        row = Schedule.objects.filter(pk=whole_number(number) or 0).first()
        if row is None:
            raise not_found(f"Schedule/{id}")
        site_id = (whole_number(elsewhere) or 0) if elsewhere else row.site_id
        found = fhir_resources.schedule(row, site_id)
        if found["id"] != id or not (site_id == row.site_id or _has_slots(row, site_id)):
            raise not_found(f"Schedule/{id}")
        return fhir_response(found)


class LocationRead(FhirView):
    """One place, by our own id."""

    needs = {"get": [("Location", "r")]}

    @extend_schema(
        operation_id="read_location",
        parameters=[ID],
        responses=OK | REFUSED,
        description="A Location: its name, address, position and identifiers.",
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it, or 404."""
        place = places.table().by_id.get(whole_number(id) or 0)
        if place is None:
            raise not_found(f"Location/{id}")
        return fhir_response(fhir_resources.location(place))


class LocationSearch(FhirView):
    """Places near a point."""

    needs = {"get": [("Location", "s")]}
    takes = {"get": parameters.known("near", "service-type")}

    @extend_schema(
        operation_id="search_locations",
        parameters=[
            OpenApiParameter(
                "near", str, required=True, description="lat|lon|distance|km, as 54.05|-2.8|40|km"
            ),
            OpenApiParameter("service-type", str, description="CT, MR, DX, BMD, NM or US"),
        ],
        responses=OK | REFUSED,
        description=(
            "A searchset Bundle of Locations within the straight distance, the shortest journey "
            "by road first. search.extension location-distance is the way by road in km, and "
            "missing where no road is known."
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer them, nearest first by travel."""
        near = request.query_params.get("near", "")
        lat, lon, km = _near(near)
        modality = parameters.modality(request.query_params.get("service-type", ""))
        known = places.places_with(modality) if modality else places.table().places
        journeys = travel.rank(Origin("", lat, lon, approximate=False), known)
        within = [one for one in journeys if one.straight_miles * KM_PER_MILE <= km]
        found = [fhir_resources.location(places.get(one.site_id)) for one in within]
        given = [("near", near)] + ([("service-type", modality)] if modality else [])
        bundle = fhir_resources.bundle(
            found, [], total=len(found), links={"self": parameters.address("Location", given)}
        )
        for entry, journey in zip(bundle.get("entry", []), within, strict=True):
            if not journey.is_by_road:
                continue
            by_road = {"value": round(journey.miles * KM_PER_MILE, 1), "unit": "km"}
            entry["search"]["extension"] = [{"url": DISTANCE, "valueDistance": by_road}]
        return fhir_response(bundle)


def read_slot(trust: str, name: str) -> Resource:
    """Return the Slot that a caller of `trust` means: its own by its own id, else by our id.

    Raises FhirRefusal for one that is not known, or was withdrawn.
    """
    slots = Slot.objects.select_related("schedule")
    own = slots.of_trust(trust).filter(external_id=name).order_by("seat").first()
    slot = own or slots.filter(pk=whole_number(name) or 0).first()
    if slot is None or slot.status == Slot.Status.WITHDRAWN:
        raise not_found(f"Slot/{name}")
    now = timezone.now()
    if overlaps.is_blocked(slot, now=now):
        slot.free_at = None
    return _slot(slot, now)


def _asked(request: Request) -> free_slots.FreeSlotQuery:
    given = request.query_params
    statuses = frozenset(given.get("status", "").split(","))
    if not given.get("status"):
        raise required("status is needed: free, busy, or free,busy.")
    if not statuses <= {"free", "busy"}:
        raise invalid("status", "free, busy, or free,busy.")
    found: dict[str, datetime] = {}
    for typed in given.getlist("start"):
        prefix, moment = parameters.moment("start", typed, last=typed.startswith("l"))
        if prefix not in ("ge", "gt", "le", "lt"):
            raise invalid("start", "ge<instant> and le<instant>.")
        found[prefix[0]] = moment
    if set(found) != {"g", "l"}:
        raise required("start is needed twice: ge<instant> and le<instant>.")
    if found["l"] < found["g"]:
        raise invalid("start", "the last moment is before the first.")
    if found["l"] - found["g"] > free_slots.MAX_SPAN:
        raise FhirError(422, "too-costly", "start: ask for 14 days or less at once.")
    return free_slots.FreeSlotQuery(
        found["g"],
        found["l"],
        parameters.modality(given.get("service-type", "")),
        _site(given),
        statuses,
    )


def _site(given: QueryDict) -> int | None:
    """Return the place that a search is limited to. Raises FhirError."""
    site = parameters.reference("schedule.actor", given.get("schedule.actor", ""), "Location")
    named = given.get(SERVICE) or given.get(BARS_SERVICE) or ""
    if not named:
        return site
    service = named.rpartition("|")[2]
    found = services.find(service)
    if found is None:
        raise not_found(f"HealthcareService {named[:64]}")
    if site not in (None, found.id):
        raise invalid(SERVICE, "the same place as schedule.actor.")
    return found.id


def _slot(slot: Slot, now: datetime) -> Resource:
    free = slot.free_at is not None and slot.free_at <= now
    name = fhir_resources.schedule(slot.schedule, slot.site_id)["id"]
    start, end = fhir_resources.instant(slot.start), fhir_resources.instant(slot.end)
    return fhir_resources.slot(str(slot.pk), name, start, end, free)


def _has_slots(row: Schedule, site_id: int) -> bool:
    return Slot.objects.filter(schedule=row, site_id=site_id).exists()


def _included(request: Request, slots: list[Slot]) -> list[Resource]:
    # BaRS's senders ask for what other receivers have (practitioners, their roles), and are to be
    # answered without.
    wanted = set(request.query_params.getlist("_include"))
    schedules = {(slot.schedule_id, slot.site_id): slot.schedule for slot in slots}
    sites = {site_id for _, site_id in schedules}
    found = []
    if "Slot:schedule" in wanted:
        found += [fhir_resources.schedule(schedules[key], key[1]) for key in sorted(schedules)]
    if "Schedule:actor" in wanted:
        found += [fhir_resources.location(places.get(pk)) for pk in sorted(sites)]
    return found


def _here(request: Request, page: str) -> str:
    """Return the address of a page of this search, with what was applied and nothing else."""
    given = [
        (name, value)
        for name, values in request.query_params.lists()
        for value in dict.fromkeys(values)
        if value and name not in ("_page", "_count", "_format")
        if name != "_include" or value in INCLUDES
    ]
    if "_count" in request.query_params:
        given.append(("_count", str(parameters.count(request))))
    return parameters.address("Slot", given + ([("_page", page)] if page else []))


def _page_after(slot: Slot) -> str:
    return f"{commit_numbers.number_of(slot.start)}-{slot.pk}"


def _read_page(request: Request) -> tuple[datetime, int] | None:
    typed = request.query_params.get("_page", "")
    start, _, pk = typed.partition("-")
    numbers = whole_number(start), whole_number(pk)
    if not typed:
        return None
    try:
        if numbers[0] is not None and numbers[1] is not None:
            return commit_numbers.moment_of(numbers[0]), numbers[1]
    except OverflowError:
        pass
    raise invalid("_page", "what link.next said.")


def _near(typed: str) -> tuple[float, float, float]:
    parts = [*typed.split("|"), "", "", ""][:4]
    lat, lon, distance, unit = (part.strip() for part in parts)
    try:
        numbers = float(lat), float(lon), float(distance or "50") * UNITS[unit]
    except (ValueError, KeyError):
        numbers = math.nan, math.nan, math.nan
    if (
        not all(map(math.isfinite, numbers))
        or not -90 <= numbers[0] <= 90
        or not -180 <= numbers[1] <= 180
        or numbers[2] <= 0
    ):
        raise invalid("near", "lat|lon|distance|km, as 54.05|-2.8|40|km.")
    return numbers
