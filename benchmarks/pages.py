"""Three pages near their floor: processor's time and queries, beside raw SQL and strings.

The list of places with its map, the open API's answer, and the staff's screen of one patient, asked
through the whole of Django. Controls answer the same question with statements written by hand, and
write what is said by plain strings: no session, no limit, no header, no form, no map.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from benchmarks.desk_pages import AROUND
from benchmarks.summary import tell
from benchmarks.timing import percentile, verdict
from booking.models import Referral, Staff
from booking.models.prepared import Statement
from booking.search.by_site import read_moment
from sites import places, travel
from sites.models import Postcode, Trust
from sites.postcodes import Origin
from times.london import LONDON, say_day, say_time

ROUNDS = 100
POSTCODE = "PR1 4LF"
API = "/api/v1/places?postcode=PR1+4LF&modality=MR"
DAYS = 42
"""How far ahead the pages look."""


class Page(NamedTuple):
    """A page, its control, how much longer it may take, and how many queries it may ask."""

    ours: Callable[[], Any]
    control: Callable[[], Any]
    most: float
    queries: int


def run() -> None:
    """Print, of each page, its processor's time beside its control's, and its queries."""
    call_command("collectstatic", interactive=False, verbosity=0)
    around = {"outward": "PR1", "sector": "PR1 4", "lat": 53.76, "lon": -2.68}
    Postcode.objects.get_or_create(code=POSTCODE, defaults=around)
    places.clear()
    _must_agree()
    print(f"Pages, {connection.vendor} (ms of the processor, tenth percentile, in turns)")
    for name, page in _pages().items():
        ours, control = _in_turns(page)
        asked, over = _queries(page.ours), ours / control
        is_met = over <= page.most and asked <= page.queries
        tell(name, f"{over:.1f} x, {asked} queries", f"{page.most} x, {page.queries}", is_met)
        print(f"  {name:<22}{ours:7.2f}{control:7.2f}  {over:.1f} x (target {page.most}),"
              f" {asked} queries (target {page.queries}): {verdict(is_met)}")  # fmt: skip
    print()


def _must_agree() -> None:
    """Leave off unless the API names the places that its control does, in that order."""
    answer = Client(headers={"host": "localhost"}).get(API).json()
    ours = [one["site"]["name"] for one in answer["places"]]
    if ours != [one["site"]["name"] for one in json.loads(_api())]:
        raise SystemExit("the API and its control do not find the same places")


def _pages() -> dict[str, Page]:
    anybody = Client(headers={"host": "localhost"})
    anybody.post("/places", {"postcode": POSTCODE, "modality": "MR"})
    system = Client(headers={"host": "localhost"})
    user, is_new = User.objects.get_or_create(username="bench-pages")
    if is_new:
        clerk = Staff.objects.create(user=user, role="clerk")
        clerk.trusts.set(Trust.objects.filter(code="RXN"))
    clerks = Client(headers={"host": "localhost"})
    clerks.force_login(user)
    referral = Referral.objects.filter(exam__code="MR").order_by("pk")[3]
    return {
        "list of places": Page(_gets(anybody, "/places?modality=MR"), _list_of_places, 2.5, 4),
        "API": Page(_gets(system, API), _api, 2.0, 2),
        "staff: one patient": Page(
            _gets(clerks, f"/staff/patient/{referral.patient_id}/"),
            lambda: _patient(referral.patient_id), 10.0, 8,
        ),
    }  # fmt: skip


def _gets(browser: Client, address: str) -> Callable[[], None]:
    asked = count()

    def get() -> None:
        # From another address before one's limit is reached; a first call from one is not seen.
        answer = browser.get(address, REMOTE_ADDR=f"10.0.0.{next(asked) // 50 % 250}")
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")

    return get


def _in_turns(page: Page) -> tuple[float, float]:
    """Return the milliseconds of the processor of both; waiting for the database does not count,
    but on SQLite, which works in this process."""
    taken: tuple[list[float], list[float]] = ([], [])
    for act in (page.ours, page.control):
        act()
    for _ in range(ROUNDS):
        for times, act in zip(taken, (page.ours, page.control), strict=True):
            begun = time.process_time()
            act()
            times.append((time.process_time() - begun) * 1000)
    return percentile(taken[0], 10), percentile(taken[1], 10)


def _queries(act: Callable[[], Any]) -> int:
    reset_queries()  # a log that is full counts nothing
    with CaptureQueriesContext(connection) as asked:
        act()
    # Before the next request, which empties the log.
    return sum(not one["sql"].startswith(AROUND) for one in asked.captured_queries)


_HERE = Statement.named("SELECT lat, lon FROM sites_postcode WHERE code = %(code)s")
_FEEDS = Statement.named(
    "SELECT trust_id, last_contact_at FROM booking_feed WHERE trust_id > %(no)s"
)
_FIRST = (
    "SELECT id, start, \"end\" FROM booking_slot WHERE modality = 'MR' AND site_id = s.value"
    " AND free_at <= %(now)s AND start >= %(now)s AND start < %(last)s"
    " ORDER BY start LIMIT %(times)s"
)
_TIMES = {
    "sqlite": 'SELECT s.value, (SELECT json_group_array(json_array(id, start, "end"))'
    f" FROM ({_FIRST})) FROM json_each(%(sites)s) s",
    "postgresql": 'SELECT s.value, (SELECT json_agg(json_build_array(id, start, "end"))::text'
    f" FROM ({_FIRST}) f)"
    " FROM (SELECT value::bigint FROM json_array_elements_text(%(sites)s::json)) s",
}
_STATEMENTS = {vendor: Statement.named(sql) for vendor, sql in _TIMES.items()}


def _search(limit: int, times: int) -> list[tuple[Any, list[tuple[int, Any, Any]]]]:
    """Return the nearest places, ranked as we do, each with its first times: three statements."""
    ((lat, lon),) = _HERE.rows({"code": POSTCODE})
    _FEEDS.rows({"no": ""})
    origin = Origin(POSTCODE, lat, lon, approximate=False)
    near = travel.rank(origin, places.places_with("MR"))[:limit]
    adapt, now = connection.ops.adapt_datetimefield_value, timezone.now()
    rows = _STATEMENTS[connection.vendor].rows({
        "sites": json.dumps([one.site_id for one in near]), "times": times, "now": adapt(now),
        "last": adapt(now + timedelta(days=DAYS)),
    })  # fmt: skip
    found = {
        site: [(pk, _moment(start), _moment(end)) for pk, start, end in json.loads(text or "[]")]
        for site, text in rows
    }
    return [(one, found.get(one.site_id, [])) for one in near]


def _moment(text: str) -> datetime:
    return read_moment(text).astimezone(LONDON)


def _api() -> str:
    """Answer ten places with five times each."""
    return json.dumps([
        {
            "site": {"name": (place := places.get(journey.site_id)).name, "lat": place.lat,
                     "lon": place.lon, "postcode": place.postcode, "kind": place.kind},
            "travel": {"minutes": round(journey.minutes), "miles": round(journey.miles, 1)},
            "times": [{"slot": pk, "start": start.isoformat(), "end": end.isoformat()}
                      for pk, start, end in times],
        }
        for journey, times in _search(10, 5)
    ])  # fmt: skip


def _list_of_places() -> str:
    """Write fifty places with their next time, without a map."""
    entries = []
    for number, (journey, times) in enumerate(_search(50, 1), 1):
        place = places.get(journey.site_id)
        said = f"{say_day(times[0][1])} at {say_time(times[0][1])}" if times else "none"
        entries.append(
            f'<li class="finder-place" id="place-{number}"><h3>{number} <a href="/places/'
            f'{place.slug}">{escape(place.name)}</a></h3><p>{round(journey.minutes)} minutes by'
            f" car, {journey.miles:.1f} miles</p><p>{escape(place.address)},"
            f" {escape(place.postcode)}</p><p>Next free time: <b>{said}</b></p></li>"
        )
    return f"<html><body><ol>{''.join(entries)}</ol></body></html>"


_PERSON = Statement.named("SELECT * FROM booking_patient WHERE id = %(id)s")
_REQUESTS = Statement.named(
    "SELECT * FROM booking_referral r JOIN booking_exam e ON e.id = r.exam_id"
    " WHERE r.patient_id = %(id)s"
)
_BOOKED = Statement.named(
    "SELECT * FROM booking_appointment a JOIN booking_referral r ON r.id = a.referral_id"
    " WHERE r.patient_id = %(id)s ORDER BY a.start DESC"
)
_ROWS = Statement.named(
    "SELECT * FROM booking_worklistrow w JOIN booking_referral r ON r.id = w.referral_id"
    " WHERE r.patient_id = %(id)s AND w.closed_at IS NULL"
)


def _patient(pk: int) -> str:
    """Write a patient, their requests, appointments and rows, and ten places with five times."""
    given = {"id": pk}
    read = [one.rows(given) for one in (_PERSON, _REQUESTS, _BOOKED, _ROWS)]
    lists = ["".join(f"<li>{escape(value)}</li>" for value in row) for rows in read for row in rows]
    times = [
        f'<h3>{escape(places.get(journey.site_id).name)}</h3>' + "".join(
            f'<button name="slot" value="{slot}">{say_day(start)} {say_time(start)}</button>'
            for slot, start, _ in some
        )
        for journey, some in _search(10, 5)
    ]  # fmt: skip
    return f"<html><body>{''.join(lists)}{''.join(times)}</body></html>"
