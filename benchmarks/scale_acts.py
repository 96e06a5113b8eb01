"""What is timed at one size, in a process of its own: it says what there is, then does what it is
told, one line an act, and answers how many milliseconds it took.

The environment names the database, SCALE_TIMES and SCALE_ROWS how much it is to hold. Without rows
of the past there is no desk, list or booking to time: then these are the reads of free times alone.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, partial
from itertools import count, islice
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - Django is set up first
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks import ingest, scale_rows, scene, search_asked  # noqa: E402
from booking.appointments import booking, holds  # noqa: E402
from booking.changes.change_log import week_of  # noqa: E402
from booking.exchange.feeds import publish, slot_lines  # noqa: E402
from booking.exchange.feeds.importer import import_lines  # noqa: E402
from booking.exchange.feeds.keys import create_key  # noqa: E402
from booking.identifiers.actors import Actor, ActorKind  # noqa: E402
from booking.models import Appointment, FeedKey, Patient, Referral, Slot, Staff  # noqa: E402
from booking.patients.lookup import find_patients  # noqa: E402
from insights import keeping  # noqa: E402
from sites import places  # noqa: E402
from sites.models import Postcode, Trust  # noqa: E402
from times.london import day_in_england  # noqa: E402

TRUST, BATCH, PAGE = "RXN", 1000, 100
DAYS_COUNTED = 14
"""Days of the past whose figures are counted: what an hour's run and the pages stand on."""
Act = Callable[[], Any]


def main() -> None:
    """Build what is missing, name the acts, then do what each line asks for."""
    begun = time.perf_counter()
    if "booking_slot" not in connection.introspection.table_names() or not Slot.objects.exists():
        _build(int(os.environ["SCALE_TIMES"]), int(os.environ["SCALE_ROWS"]))
    built = time.perf_counter() - begun
    acts = _acts()
    counts = [model.objects.count() for model in (Slot, Appointment, Patient)]
    print("ready", built, *counts, connection.settings_dict["NAME"], *acts, sep="\t", flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        acts[line.strip()]()
        print((time.perf_counter() - begun) * 1000, flush=True)


def _build(times: int, rows: int) -> None:
    if rows:
        scale_rows.build(times, rows, day_in_england(timezone.now()))
    else:
        scene.build(times, trusts=True)


def _acts() -> dict[str, Act]:
    call_command("collectstatic", interactive=False, verbosity=0)
    postcode = {"outward": "PR1", "sector": "PR1 4", "lat": 53.76, "lon": -2.68}
    Postcode.objects.get_or_create(code="PR1 4LF", defaults=postcode)
    places.clear()
    if os.environ["SCALE_ROWS"] == "0":
        return {**_searches(), **_free_times(), **_published()}
    found = {**_searches(), **_desk(), **_lists(), **_free_times(), **_bookings(), **_feeds()}
    return found | (_figures() if os.environ.get("SCALE_FIGURES") == "1" else {})


def _gets(
    browser: Client, address: str, headers: Mapping[str, str] | None = None, status: int = 200
) -> Act:
    """Return an act that reads a page, and fails if it is not answered so."""

    def get() -> None:
        answer = browser.get(address, headers=headers)
        if answer.status_code != status:
            raise SystemExit(f"{address}: {answer.status_code} {answer.content[:300]!r}")

    return get


def _searches() -> dict[str, Act]:
    browser = Client(headers={"host": "localhost"})
    browser.post("/places", {"postcode": "PR1 4LF", "modality": "MR"})
    return {
        "search: ten places, fit": search_asked.ours,
        "search API": _gets(browser, "/api/v1/places?postcode=PR1+4LF&modality=MR"),
        "results page": _gets(browser, "/places?modality=MR"),
    }


def _desk() -> dict[str, Act]:
    somebody = Patient.objects.get(nhs_number=scale_rows.NHS)
    family, day = somebody.family_name, somebody.born
    on = f"{day.day} {day.month} {day.year}"
    typed = {
        "name and birthday": f"{family} {on}",
        "a letter missing": f"{family[:2]}{family[3:]} {on}",
        "rare name alone": family,
        "NHS number": scale_rows.NHS,
        "mobile": scale_rows.MOBILE,
        "reference": scale_rows.CODE,
    }
    for what, words in typed.items():
        if somebody not in find_patients(words).patients:
            raise SystemExit(f"the desk does not find by {what}")
    return {f"desk: {what}": partial(find_patients, words) for what, words in typed.items()}


def _lists() -> dict[str, Act]:
    user, is_new = User.objects.get_or_create(username="scale")
    if is_new:
        Staff.objects.create(user=user, role=Staff.Role.LEAD).trusts.set(
            Trust.objects.filter(code=TRUST)
        )
    browser = Client(headers={"host": "localhost"})
    browser.force_login(user)
    addresses = {
        "all lists": "/staff/lists/",
        **{f"list {kind}": f"/staff/lists/{kind}/" for kind in scale_rows.KINDS},
        "longest waiting": "/staff/lists/not_booked/?sort=waiting",
        "closed": "/staff/lists/closed/",
        "all days": "/staff/day/",
        "history": f"/staff/patient/{_own_patient()}/",
    }
    first = browser.get("/staff/lists/").content.decode()
    after = re.search(r"[?;&]after=([^\"&]+)", first)
    if after is None:
        raise SystemExit("a list has no second page")
    addresses["second page"] = f"/staff/lists/?after={after[1]}"
    addresses["all lists"] = addresses.pop("all lists")
    pages = {f"page: {name}": _gets(browser, address) for name, address in addresses.items()}
    changed = f"/fhir/R4/Appointment?_count={PAGE}"
    return pages | {f"cursor: {PAGE} changes": _gets(browser, changed, _as_system())}


@cache
def _as_system() -> dict[str, str]:
    """Return the headers of a trust's own system."""
    FeedKey.objects.filter(trust=TRUST).delete()  # of the runs before
    return {"authorization": f"Bearer {create_key(TRUST, now=timezone.now())}"}


def _free_times() -> dict[str, Act]:
    browser = Client(headers={"host": "localhost"})
    today = day_in_england(scene.NOW)
    days = f"start=ge{today}&start=le{today + timedelta(days=13)}&_count={PAGE}"
    asked = {"free times": "free", "times, free or not": "free,busy"}
    return {
        f"FHIR: {PAGE} {what}": _gets(
            browser, f"/fhir/R4/Slot?status={status}&{days}", _as_system()
        )
        for what, status in asked.items()
    }


def _published() -> dict[str, Act]:
    """Return the read of a week's file that has not changed."""
    browser = Client(headers={"host": "localhost"})
    week = week_of(timezone.now()) + timedelta(weeks=1)
    address = f"/fhir/R4/$bulk-publish/Slot-{week}.ndjson"
    mark = browser.get(address)["ETag"]
    return {"publish: a week's 304": _gets(browser, address, {"if-none-match": mark}, 304)}


def _own_patient() -> int:
    found: int = Referral.objects.filter(trust=TRUST, ended_at=None).order_by("-pk")[0].patient_id
    return found


def _bookings() -> dict[str, Act]:
    referral = Referral.objects.filter(exam__code="MR", patient__family_name="B").order_by("pk")[0]
    now, actor = scene.NOW, Actor(ActorKind.PATIENT)
    soon = Slot.objects.filter(
        trust=TRUST, modality="MR", free_at__lte=now, start__gt=now + timedelta(days=5)
    )
    slots = iter(soon.order_by("pk").values_list("pk", flat=True)[:200])

    def book() -> None:
        slot = next(slots)
        holds.hold(referral, slot, now=now)
        booked = booking.book(referral, slot, now=now, actor=actor)
        booking.cancel(booked, booked.version, now=now, actor=actor)

    return {"book and cancel": book}


def _feeds() -> dict[str, Act]:
    fed = list(ingest.lines(BATCH, f"scale{os.getpid()}", 0))
    week = week_of(timezone.now()) + timedelta(weeks=1)

    pushes = count()

    def read_in(fed: list[tuple[int, bytes]]) -> None:
        report = import_lines(TRUST, fed, now=timezone.now())
        if report.used + report.unchanged < len(fed):
            raise SystemExit(f"the push was not used: {report.refusals[:1]}")

    def read_new() -> None:
        number = next(pushes)
        read_in(list(ingest.lines(BATCH, f"new{os.getpid()}-{number}", 1 + number % 29)))

    def publish_some() -> None:
        lines = publish.slot_lines(publish.look_at(week, now=timezone.now()))
        if not list(islice(lines, 1)):
            raise SystemExit("nothing to publish")

    return {
        f"feed: {BATCH} lines again": partial(read_in, fed),
        f"feed: {BATCH} new lines": read_new,
        f"publish: {slot_lines.ROWS} lines": publish_some,
    }


def _figures() -> dict[str, Act]:
    now = timezone.now()
    today = day_in_england(now)
    keeping.rebuild(today - timedelta(days=DAYS_COUNTED), today, now)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(User.objects.get(username="scale"))
    return {
        "figures: staff's page": _gets(browser, "/staff/insights/"),
        "figures: a trust's": _gets(browser, f"/staff/insights/trusts/{TRUST}/"),
        "figures: for everybody": _gets(browser, "/performance/"),
        "figures: an hour's run": lambda: keeping.keep(timezone.now()),
    }


if __name__ == "__main__":
    main()
