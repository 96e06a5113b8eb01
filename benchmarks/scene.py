"""40 sites and 60,000 slots over four weeks, half of them taken, as the design measured."""

import random
from datetime import UTC, date, datetime, timedelta

from django.core.management import call_command
from django.db import connection, transaction

from booking.exchange.feeds.upsert import daypart, is_weekend
from booking.models import EPOCH, Exam, Feed, Patient, Referral, Schedule, Slot
from sites import places
from sites.models import Scanner, Site, Trust
from tests.answers import answered

SITES, SLOTS, DAYS = 40, 60_000, 28
MODALITIES = ["MR", "CT", "US"]
TOWNS = [(54.14, -3.21), (54.04, -2.80), (53.79, -2.71), (53.82, -3.02), (53.75, -2.48),
         (53.81, -2.23), (54.31, -2.73), (53.65, -2.63)]  # fmt: skip
BORN = date(1961, 3, 12)
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def build(scale: int = 1, *, trusts: bool = False) -> None:
    """Fill the database that the settings name, `scale` times as full.

    All belongs to one trust; with `trusts` each 40 sites are one's own.
    """
    chance = random.Random(2026)
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        schedules = _schedules(scale, chance, trusts)
    first = schedules[: SITES * len(MODALITIES)]
    Slot.objects.bulk_create(_slots(first, chance), batch_size=2000)
    for number in range(1, scale):
        _copy_slots(number, code_of(number) if trusts else code_of(0))
    places.clear()
    _people()
    if connection.vendor == "postgresql":  # as it does by itself soon after
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def code_of(number: int) -> str:
    """Return the code of the trust of that many times 40 sites further on: up to 99."""
    return f"T{number:02}" if number else "RXN"


def _schedules(scale: int, chance: random.Random, trusts: bool) -> list[Schedule]:
    """Make the sites, each with two scanners and a schedule of each modality."""
    schedules = []
    for number in range(SITES * scale):
        if number == 0 or (trusts and number % SITES == 0):
            trust = Trust.objects.create(code=code_of(number // SITES), name=f"Bench {number}")
            Feed.objects.create(trust=trust, last_contact_at=NOW)
        lat, lon = TOWNS[number % len(TOWNS)]
        site = Site.objects.create(
            slug=f"site-{number}", name=f"Site {number}", kind="hospital", trust=trust,
            address="", postcode="", lat=lat + chance.uniform(-0.05, 0.05),
            lon=lon + chance.uniform(0, 0.08),
        )  # fmt: skip
        for modality in MODALITIES:
            for name in ("1", "2"):
                Scanner.objects.create(
                    site=site, modality=modality, name=f"{modality} {name}", contrast=True,
                    table_kg=200, hoist=True,
                )  # fmt: skip
            schedules.append(
                Schedule.objects.create(
                    trust=trust,
                    external_id=f"{number}-{modality}",
                    site=site,
                    modality=modality,
                    fed_at=NOW,
                )
            )
    return schedules


def _copy_slots(number: int, trust: str) -> None:
    """Add the first 60,000 slots once more, at the sites that many times 40 further on."""
    fields = Slot._meta.concrete_fields  # noqa: SLF001 - Django's documented name
    columns = [str(field.column) for field in fields if not field.primary_key]
    moved = {
        "trust_id": f"'{trust}'",
        "external_id": f"external_id || '-{number}'",
        "site_id": f"site_id + {number * SITES}",
        "schedule_id": f"schedule_id + {number * SITES * len(MODALITIES)}",
    }
    into = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(moved.get(column, f'"{column}"') for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO booking_slot ({into}) SELECT {values} FROM booking_slot ORDER BY id"
            f" LIMIT {SLOTS}"
        )


def _slots(schedules: list[Schedule], chance: random.Random) -> list[Slot]:
    slots = []
    for number in range(SLOTS):
        schedule = schedules[number % len(schedules)]
        start = NOW + timedelta(minutes=15 * chance.randrange(4, DAYS * 96))
        free = chance.random() < 0.5
        slots.append(
            Slot(
                trust_id=schedule.trust_id,
                external_id=str(number),
                seat=0,
                schedule=schedule,
                site_id=schedule.site_id,
                modality=schedule.modality,
                start=start,
                end=start + timedelta(minutes=30),
                daypart=daypart(start),
                weekend=is_weekend(start),
                status="free" if free else "busy",
                fed_at=NOW,
                free_at=EPOCH if free else None,
            )
        )
    return slots


def _people() -> None:
    exam = Exam.objects.create(code="MR", name="MRI", modality="MR", body_part="knee", minutes=30)
    for number in range(128):
        patient = Patient.objects.create(given_name="A", family_name="B", born=BORN)
        answered(Referral.objects.create(
            code=f"{number:08}", patient=patient, exam=exam, trust_id="RXN", urgency="routine",
            clock_start=NOW.date(), target_day=NOW.date(),
        ))  # fmt: skip
