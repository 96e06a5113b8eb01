"""Trusts, files, and how they are loaded."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command

from insights.models import TrustMonth
from sites.models import Trust
from tests.insights.dm01 import made

NAMES = {
    "RXL": "Blackpool Teaching Hospitals NHS Foundation Trust",
    "RXR": "East Lancashire Hospitals NHS Trust",
}


@pytest.fixture
def trusts(db):
    return [Trust.objects.create(code=code, name=name) for code, name in NAMES.items()]


@pytest.fixture
def now(time_machine):
    moment = datetime(2026, 11, 24, 10, tzinfo=UTC)
    time_machine.move_to(moment, tick=False)
    return moment


@pytest.fixture
def write(tmp_path):
    def write(rows, name="extract.csv", encoding="utf-8", **how):
        path = tmp_path / name
        path.write_bytes(made.text_of(rows, **how).encode(encoding))
        return path

    return write


@pytest.fixture
def load(db, now):
    def load(path, *words):
        out, err = io.StringIO(), io.StringIO()
        call_command("load_dm01", path, *words, stdout=out, stderr=err)
        return out.getvalue() + err.getvalue()

    return load


@pytest.fixture
def count(db):
    """Put counted figures of ours down: by band who waits, and scans by urgency."""

    def count(trust="RXL", modality="CT", month=date(2026, 10, 1), bands=(), scans=()):
        TrustMonth.objects.bulk_create(
            [
                *(
                    TrustMonth(counter="waiting", group=band, trust=trust, modality=modality,
                               month=month, n=n, urgency="routine")
                    for band, n in dict(bands).items()
                ),
                *(
                    TrustMonth(counter="scans", trust=trust, modality=modality, month=month, n=n,
                               urgency=urgency)
                    for urgency, n in dict(scans).items()
                ),
            ]
        )  # fmt: skip

    return count
