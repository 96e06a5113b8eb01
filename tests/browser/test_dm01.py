"""DM01 beside our own figures, in a browser: clean to axe, no sideways scroll, on a phone too."""

from datetime import UTC, date, datetime

import pytest

from insights.models import Dm01Month, TrustMonth
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import let_in

pytestmark = pytest.mark.browser
OCTOBER = date(2026, 10, 1)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_clean_empty_and_full(open_page, live_server, make_staff, width):
    page, found = open_page(width), []
    let_in(page, make_staff("lead"), live_server.url)
    for is_full in (False, True):
        if is_full:
            Dm01Month.objects.create(
                month=OCTOBER, provider="RTX", test="CT", waiting=1234, over_six=56,
                over_thirteen=7, bands={}, activity=900,
                loaded_at=datetime(2026, 11, 9, tzinfo=UTC),
            )  # fmt: skip
            TrustMonth.objects.create(
                counter="waiting", group="06", trust="RTX", modality="CT", month=OCTOBER, n=60
            )
        page.goto("/staff/insights/dm01/")
        assert page.get_by_text("1,174 fewer").is_visible() is is_full
        found += [*faults(page), *html_errors(page)]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    assert found == []
