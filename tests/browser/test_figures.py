"""Staff's pages of figures in a browser: clean to axe, and as wide as the screen."""

from datetime import date

import pytest
from django.utils import timezone

from insights.models import Dm01Month, NeedMonth, PersonMonth, PlaceMonth, TrustMonth
from sites.models import Site
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import let_in, press

pytestmark = pytest.mark.browser
FIGURES = "/staff/insights/"
COUNTED = [
    ("waiting", "03", 900), ("waiting", "07", 40), ("scans", "", 800), ("slots", "taken", 700),
    ("slots", "taken+", 200), ("slots", "unused+", 60), ("booked", "", 830),
    ("did_not_attend", "", 30), ("texts", "delivered", 2000), ("displaced", "rebooked", 3),
    ("displaced", "refused", 2), ("cancelled", "us 0", 12), ("cancelled", "patient 8+", 60),
    ("feed_looks", "on time", 700),
]  # fmt: skip


@pytest.fixture
def counted(demo):
    """The 24 whole months before this one, of two places; one is out of the ordinary."""
    sites, today = list(Site.objects.order_by("pk")[:2]), timezone.localdate()
    for at in range(24):
        index = today.year * 12 + today.month - 25 + at
        month = date(index // 12, index % 12 + 1, 1)
        for counter, group, n in COUNTED:
            many = n + 7 * (at % 3) + 400 * (at == 12)
            known = {"counter": counter, "group": group, "trust": "RTX", "modality": "MR",
                     "month": month, "n": many, "total": many * 20}  # fmt: skip
            TrustMonth.objects.create(**known, urgency="routine")
            PlaceMonth.objects.create(**known, urgency="routine", site=sites[at % 2].pk)
            PersonMonth.objects.create(**known, urgency="routine", decile=1 + at % 10, age=4)
            NeedMonth.objects.create(**known, needs=at % 8)
    for at in range(2, 14):  # of 2019/20 all but March 2020, which March 2019 stands for
        Dm01Month.objects.create(
            month=date(2019 + at // 12, at % 12 + 1, 1), provider="RTX", test="MRI",
            waiting_list_activity=600, planned_activity=100, activity=900, loaded_at=timezone.now(),
        )  # fmt: skip
    return sites


@pytest.mark.parametrize(("width", "javascript"), [(320, True), (1280, True), (390, False)])
def test_every_page_of_figures_is_clean(
    open_page, live_server, make_staff, counted, width, javascript
):
    page = open_page(width, javascript)
    let_in(page, make_staff("network_admin", username="ada"), live_server.url)
    found, sideways = [], []

    def look():
        if javascript:
            found.extend(faults(page))
        found.extend(html_errors(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            sideways.append(page.url)

    for address in (
        "", "m/over_six_weeks/", "m/scans/?by=decile", "m/scans/?by=site&hours=1", "m/scans/?age=1",
        "m/displaced/?trust=RTX", "m/displaced/?by=ended", "m/cancelled/?by=who&trust=RTX",
        "m/against_baseline/?trust=RTX", "m/against_baseline/", "m/against_baseline/?modality=DX",
        "m/against_baseline_by_day/?trust=RTX&by=modality", "compare/?measure=against_baseline",
        "m/text_cost/", "m/feed_minutes/", "trusts/RTX/", f"places/{counted[0].slug}/", "compare/",
        "compare/?measure=scans", "settings/", "m/scans/?decile=1&hours=1", "pack/",
    ):  # fmt: skip
        page.goto(FIGURES + address)
        look()

    assert (found, sideways) == ([], [])


def test_a_filter_changes_the_page_and_its_address(open_page, live_server, make_staff, counted):
    page = open_page(1280)
    let_in(page, make_staff("lead", username="lena"), live_server.url)
    page.goto(FIGURES)
    press(page, "Scans done", "link")
    assert page.get_by_role("heading", level=1).inner_text() == "Scans done"
    assert page.get_by_role("img", name="Scans done, by month").count() == 1
    page.goto(f"{FIGURES}m/scans/?trust=RTX")
    assert "RTX" in page.url
    assert page.locator("table tbody tr").count() >= 24
