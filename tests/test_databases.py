"""What a test wrote goes, what migrating wrote stays, and what guards the audit is back."""

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.utils import timezone

from booking.models import AuditEntry, Feed
from sites.models import Trust
from sites.place_table import read_mark
from tests import databases

pytestmark = pytest.mark.django_db(transaction=True)


def write():
    trust = Trust.objects.create(code="RTX", name="Morecambe Bay")
    Feed.objects.create(trust=trust)
    AuditEntry.objects.create(at=timezone.now(), actor="somebody", action="opened")


def test_every_row_goes_but_those_of_migrating():
    write()
    permissions = Permission.objects.count()

    databases.empty()

    assert not Trust.objects.exists()
    assert not Feed.objects.exists()
    assert not AuditEntry.objects.exists()
    assert Permission.objects.count() == permissions > 0


def test_the_version_of_places_stays_and_follows_changes_still():
    write()
    databases.empty()
    before = read_mark()

    write()

    assert read_mark() != before


def test_the_audit_is_guarded_again():
    write()
    databases.empty()
    write()

    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.update(actor="nobody")
