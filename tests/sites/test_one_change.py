"""One change by hand: what changed between the page and the press is noticed under the lock."""

import pytest

from sites.imports import one_change
from sites.models import Scanner, Site, Trust


@pytest.fixture
def scanner(db):
    trust = Trust.objects.create(code="RTX", name="Trust")
    site = Site.objects.create(
        slug="barrow", name="Barrow", kind="cdc", trust=trust, postcode="LA14 4LF", lat=54, lon=-3
    )
    return Scanner.objects.create(code="MR-1", site=site, modality="MR", name="MRI 1")


@pytest.mark.parametrize("meanwhile", [{"hoist": True}, None], ids=["changed", "gone"])
def test_what_somebody_changed_meanwhile_is_not_written_over(scanner, meanwhile):
    seen, row = one_change.seen_of(scanner), one_change.row_of(scanner)
    one = Scanner.objects.filter(pk=scanner.pk)
    if meanwhile:
        one.update(**meanwhile)
    else:
        one.delete()

    with pytest.raises(one_change.PlaceChanged):
        one_change.change([{**row, "name": "Mine"}], seen, agreed=None)

    assert not Scanner.objects.filter(name="Mine").exists()


def test_what_nobody_changed_is_written_and_said(scanner):
    seen, row = one_change.seen_of(scanner), one_change.row_of(scanner)
    said = one_change.change([{**row, "hoist": "yes"}], seen, agreed=None)
    assert said == ["changed: hoist: none → True"]
