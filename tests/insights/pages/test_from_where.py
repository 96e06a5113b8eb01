"""Each page of figures asks for them where the replica would be asked: none goes past it."""

import pytest
from django.db import connection

from insights import replica
from insights.models import NeedMonth, PersonMonth, PlaceMonth, TrustMonth

TABLES = [one._meta.db_table for one in (TrustMonth, PlaceMonth, PersonMonth, NeedMonth)]
PAGES = [
    "/performance/", "/performance/?modality=MR", "/staff/insights/",
    "/staff/insights/m/scans/", "/staff/insights/m/scans/?by=age", "/staff/insights/m/scans/csv/",
    "/staff/insights/trusts/RTX/", "/staff/insights/places/furness/", "/staff/insights/compare/",
    "/staff/insights/map/", "/staff/insights/pack/?quarter=2026-27-Q2",
]  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """Whether each statement about figures was one that the replica would answer."""
    found, inside, read = [], [], replica.read

    def read_there(ask):
        inside.append(ask)
        try:
            return read(ask)
        finally:
            inside.pop()

    def note(execute, sql, *rest):
        if any(table in sql for table in TABLES):
            found.append((bool(inside), sql))
        return execute(sql, *rest)

    monkeypatch.setattr(replica, "read", read_there)
    with connection.execute_wrapper(note):
        yield found


@pytest.mark.parametrize("page", PAGES)
def test_figures_are_asked_of_the_replica(figures, look, asked, page):
    answer = look().get(page)

    assert answer.status_code == 200
    b"".join(answer) if answer.streaming else None
    assert asked
    assert [sql for there, sql in asked if not there] == []
