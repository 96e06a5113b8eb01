"""How django-appointment books: to be run by the Python of an environment that has it.

By hand, as docs/peers.md says. 40 of its staff, 28 days, 12 times a day: 13,440 times, in a SQLite
of its own. Nothing of our service is used.
"""

import logging
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from importlib import import_module
from types import ModuleType
from typing import Any

PEOPLE, STAFF, DAYS, TIMES_A_DAY = 16, 40, 28, 12
SAMPLE, CROWDED = 200, 10
MINUTES = timedelta(minutes=30)
ADDRESS = "p@peer.example"
Time = tuple[Any, date, clock]


def main() -> None:
    """Fill a database, and print how long a booking takes and how many got the same time."""
    with tempfile.TemporaryDirectory() as folder:
        _configure(f"{folder}/peer.sqlite3")
        models = import_module("appointment.models")
        service, times = _fill(models)
        clients = _clients()
        turns = iter(range(0, len(times), SAMPLE))

        def some() -> list[Time]:
            first = next(turns)
            return times[first : first + SAMPLE]

        def both(act: Callable[[Time], object]) -> Callable[[Time], object]:
            return lambda at: (_free(service, at), act(at))

        def pages(at: Time) -> None:
            _by_pages(clients[0], service, at)

        def functions(at: Time) -> None:
            _by_functions(models, service, at)

        print(f"{len(times):,} times; median (least) of {SAMPLE}, ms on the wall; of processors")
        _print("free times of a day", lambda at: _free(service, at), some())
        _print("its functions", functions, some())
        _print("its functions, looked first", both(functions), some())
        _print("its pages", pages, some())
        _print("its pages, looked first", both(pages), some())
        crowded = some()[:CROWDED]
        for at in crowded:
            for client in clients:
                _by_pages(client, service, at)
        got = [_booked(models, at) for at in crowded]
        print(f"{PEOPLE} people asked for each of {CROWDED} times, through its pages: got it {got}")


def _configure(name: str) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    contrib = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
    context = ("request", "auth", "messages")
    engine = "django.template.backends.django.DjangoTemplates"
    processors = [
        f"django.template.context_processors.{one}"
        if one == "request"
        else f"django.contrib.{one}.context_processors.{one}"
        for one in context
    ]
    settings.configure(
        SECRET_KEY="peer",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        ROOT_URLCONF=_urls(),
        INSTALLED_APPS=[f"django.contrib.{one}" for one in contrib]
        + ["phonenumber_field", "appointment"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {"BACKEND": engine, "APP_DIRS": True, "OPTIONS": {"context_processors": processors}}
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": name}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        STATIC_URL="/static/",
    )
    django.setup()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0, run_syncdb=True)


def _urls() -> ModuleType:
    """Return what names its pages; they are not read before the settings are there."""

    class Urls(ModuleType):
        @property
        def urlpatterns(self) -> list[Any]:
            from django.urls import include, path

            return [path("", include("appointment.urls"))]

    return Urls("peer_urls")


def _fill(models: ModuleType) -> tuple[Any, list[Time]]:
    from django.contrib.auth.models import User

    opens, closes = clock(9), clock(9 + TIMES_A_DAY // 2)
    service = models.Service.objects.create(name="MRI", duration=MINUTES, price=0)
    staff = []
    for number in range(STAFF):
        user = User.objects.create(username=f"staff{number}", email=f"s{number}@peer.example")
        one = models.StaffMember.objects.create(
            user=user, slot_duration=30, lead_time=opens, finish_time=closes,
            work_on_saturday=True, work_on_sunday=True,
        )  # fmt: skip
        one.services_offered.add(service)
        for day in range(7):
            models.WorkingHours.objects.update_or_create(
                staff_member=one, day_of_week=day,
                defaults={"start_time": opens, "end_time": closes},
            )  # fmt: skip
        staff.append(one)
    today = datetime.now(UTC).date()
    days = [today + timedelta(days=ahead) for ahead in range(1, DAYS + 1)]
    hours = [clock(9 + number // 2, number % 2 * 30) for number in range(TIMES_A_DAY)]
    times = [(one, day, hour) for one in staff for day in days for hour in hours]
    random.Random(2026).shuffle(times)
    return service, times


def _clients() -> list[Any]:
    from django.contrib.auth.models import User
    from django.test import Client

    clients = []
    for number in range(PEOPLE):
        clients.append(Client())
        clients[-1].force_login(User.objects.create(username=f"person{number}", email=ADDRESS))
    return clients


def _of(at: Time, service: Any) -> dict[str, Any]:
    _, day, start = at
    end = (datetime.combine(day, start) + MINUTES).time()
    return {"date": day, "start_time": start, "end_time": end, "service": service}


def _free(service: Any, at: Time) -> object:
    views = import_module("appointment.views")
    staff, day, _ = at
    weekday = views.get_weekday_num_from_date(day)
    return views.get_available_slots_for_staff(day, staff, weekday, service=service)


def _by_functions(models: ModuleType, service: Any, at: Time) -> None:
    from django.contrib.auth.models import User
    from django.test import RequestFactory

    helpers = import_module("appointment.utils.db_helpers")
    request = RequestFactory().post("/")
    request.user = User.objects.get(username="person0")
    asked = models.AppointmentRequest.objects.create(**_of(at, service), staff_member=at[0])
    told = {"phone": "+447400123456", "want_reminder": False, "address": "1 Peer Street"}
    helpers.create_and_save_appointment(asked, {"email": ADDRESS}, told, request)


def _by_pages(client: Any, service: Any, at: Time) -> None:
    asked = {**_of(at, service), "service": service.pk, "staff_member": at[0].pk}
    answer = client.post("/request-submit/", asked)
    told = {
        "name": "A Person", "email": ADDRESS, "phone_0": "GB", "phone_1": "7400123456",
        "address": "1 Peer Street", "payment_type": "full",
    }  # fmt: skip
    if client.post(answer["Location"], told).status_code != 302:
        raise SystemExit("it was not booked")


def _booked(models: ModuleType, at: Time) -> int:
    staff, day, start = at
    return int(
        models.Appointment.objects.filter(
            appointment_request__staff_member=staff,
            appointment_request__date=day,
            appointment_request__start_time=start,
        ).count()
    )


def _print(name: str, act: Callable[[Time], object], times: list[Time]) -> None:
    wall, own = [], []
    for at in times:
        began, used = time.perf_counter(), time.process_time()
        act(at)
        wall.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - used) * 1000)
    said = f"{statistics.median(wall):8.1f} ({min(wall):.1f})"
    print(f"  {name:30}{said:>18}{statistics.median(own):8.1f} ({min(own):.1f})", flush=True)


if __name__ == "__main__":
    main()
