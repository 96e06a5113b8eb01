"""Two places that scan knees, one patient, and slots made to order."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command

from booking.demo import capacity
from booking.models import Exam, Feed, Patient, Referral, Schedule, Slot
from booking.models.slot import EPOCH
from sites.management.commands import load_postcodes
from sites.models import Postcode, Scanner, Site, Trust
from tests.answers import answered
from times.london import LONDON

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def trust(db):
    """The trust of most tests; a scene that was made once has it already."""
    trust, is_new = Trust.objects.get_or_create(
        code="RTX", defaults={"name": "University Hospitals of Morecambe Bay"}
    )
    if is_new:
        Feed.objects.create(trust=trust, last_contact_at=NOW, last_change_at=NOW)
    return trust


@pytest.fixture
def make_site(trust):
    def make_site(name, postcode, lat, lon, kind="hospital", modalities=("MR",)):
        Postcode.objects.get_or_create(
            code=postcode,
            defaults={
                "outward": postcode.split()[0],
                "sector": postcode[:-2],
                "lat": lat,
                "lon": lon,
            },
        )
        site = Site.objects.create(
            slug=name.lower(), ods_code=f"RTX{name[:7].upper()}", name=name, kind=kind, trust=trust,
            address="Long Street", postcode=postcode, lat=lat, lon=lon,
        )  # fmt: skip
        for modality in modalities:
            Scanner.objects.create(site=site, modality=modality, name=f"{modality} 1")
        return site

    return make_site


@pytest.fixture
def furness(make_site):
    return make_site("Furness", "LA14 4LF", 54.136, -3.208, modalities=("MR", "DX"))


@pytest.fixture
def lancaster(make_site):
    return make_site("Lancaster", "LA1 4RP", 54.043, -2.799)


@pytest.fixture
def blackburn(make_site):
    """A place that scans the same, of another trust, whose feed is as fresh."""
    other = Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    Feed.objects.create(trust=other, last_contact_at=NOW, last_change_at=NOW)
    site = make_site("Blackburn", "BB2 3HH", 53.735, -2.463)
    Site.objects.filter(pk=site.pk).update(trust=other)
    site.refresh_from_db()
    return site


@pytest.fixture
def make_slot(furness):
    """Make one free place: `day` after today, `hour` in England."""
    count = iter(range(10_000))

    def make_slot(day=8, hour=14, site=None, modality="MR", seat=0, external_id=None, **fields):
        site = site or furness
        schedule, _ = Schedule.objects.get_or_create(
            trust_id=site.trust_id,
            external_id=f"{site.slug}-{modality}",
            defaults={"site": site, "modality": modality, "fed_at": NOW - timedelta(days=1)},
        )
        midnight = datetime.combine(NOW.date() + timedelta(days=day), datetime.min.time(), LONDON)
        start = midnight.replace(hour=hour).astimezone(UTC)
        values = {
            "trust_id": site.trust_id,
            "external_id": external_id or f"slot-{next(count)}",
            "seat": seat,
            "schedule": schedule,
            "site": site,
            "modality": modality,
            "start": start,
            "end": start + timedelta(minutes=30),
            "daypart": "morning" if hour < 12 else "afternoon" if hour < 17 else "evening",
            "weekend": start.astimezone(LONDON).weekday() >= 5,
            "status": "free",
            "fed_at": NOW - timedelta(days=1),
            "free_at": EPOCH,
        }
        return Slot.objects.create(**{**values, **fields})

    return make_slot


@pytest.fixture
def make_referral(trust):
    exams = {}

    def make_referral(
        code="7KQ49CRB", given_name="Jane", modality="MR", is_answered=True, **patient
    ):
        if modality not in exams:
            exams[modality] = Exam.objects.create(
                code=f"{modality}-1", name="an MRI scan of your knee", modality=modality,
                body_part="knee", minutes=30, preparation="Take off anything metal",
            )  # fmt: skip
        fields = {
            "given_name": given_name,
            "family_name": "Fell",
            "born": date(1961, 3, 12),
            "mobile": "+447700900461",
        }
        person = Patient.objects.create(**{**fields, **patient})
        referral = Referral.objects.create(
            code=code, patient=person, exam=exams[modality], trust=trust, urgency="routine",
            clock_start=NOW.date(), target_day=NOW.date() + timedelta(days=42),
        )  # fmt: skip
        return answered(referral) if is_answered else referral

    return make_referral


@pytest.fixture
def jane(make_referral):
    return make_referral()


@pytest.fixture
def tom(make_referral):
    return make_referral(code="3XRD7JQF", given_name="Tom")


@pytest.fixture
def prepared(transactional_db, monkeypatch, settings, tmp_path):
    """Prepare the database as `make run` does, of four postcode areas and two days of slots."""
    # Not where all tests' files lie: every browser of a test begins with looking through them.
    settings.STATIC_ROOT = tmp_path
    load = load_postcodes.Command.add_arguments

    def four_areas(self, parser):
        load(self, parser)
        parser.set_defaults(areas=["BB", "FY", "LA", "PR"])

    monkeypatch.setattr(load_postcodes.Command, "add_arguments", four_areas)
    monkeypatch.setattr(capacity, "DAYS", 2)
    out = io.StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()
