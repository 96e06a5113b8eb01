"""Two trusts' systems, each with its key, and what they send."""

import pytest
import time_machine

from booking.feeds.keys import create_key
from booking.models import Feed
from sites.models import Trust
from tests.booking.feeds.conftest import fed, push  # noqa: F401 - fixtures


@pytest.fixture
def clock(now):
    """Stand still at `now`; `clock.shift(minutes=16)` moves it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def blackpool(db, now):
    trust = Trust.objects.create(code="RXL", name="Blackpool Teaching Hospitals")
    Feed.objects.create(trust=trust, last_contact_at=now, last_change_at=now)
    return trust


@pytest.fixture
def system(client, trust, now, clock):
    """Call an address as a trust's system: `system("get", "Slot", ...)`."""
    keys = {}

    def system(verb, path, body=None, *, trust=trust.code, content_type=None, **headers):
        if trust not in keys:
            keys[trust] = create_key(trust, now=now)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"headers": {"Authorization": f"Bearer {keys[trust]}", **headers}}
        if body is not None:
            given |= {"data": body, "content_type": content_type or "application/fhir+json"}
        return getattr(client, verb)(f"/fhir/R4/{path}", **given)

    return system
