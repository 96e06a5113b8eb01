"""Names as long as they may be, without a gap, on every page of figures: all can be read."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from booking.models import Exam, Patient
from insights.models import BreachToCome, Rebase, Target
from insights.pack import pack_html
from insights.quarters import last_whole
from sites import places
from sites.models import Site, Trust
from tests.browser.test_figures import FIGURES, counted  # noqa: F401 - a fixture
from tests.browser.walk import let_in

pytestmark = pytest.mark.browser
NARROW = 320
ALL = [""]
"""What every address begins with."""
NAME, PERSON, WHY = "W" * 120, "M" * 200, "X" * 400
"""The longest that the database takes, in the widest letters, with nowhere to break."""
PAPER = 672
"""178 mm: a page of the pack without its margins, in pixels."""
WIDE = """
(width) => [...document.querySelectorAll("main *")].filter((one) => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const left = "select, svg, thead, .nhsuk-u-visually-hidden, [tabindex='0'][role=region]";
  if (!box.width || one.closest(left)) return false;
  const cut = ["hidden", "clip"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
  return cut || box.right > width + 1 || box.left < -1;
}).map((one) => one.outerHTML.slice(0, 120))
"""
"""What reaches over the side of the page, or is cut: but for what can be scrolled or opened.

The heads of tables are for screen readers alone where the screen is narrow.
"""


@pytest.fixture
def long_names(counted, demo):  # noqa: F811
    """Give the trust, a place, the scan, a patient and all that was set such names."""
    now = timezone.now()
    Trust.objects.update(name=NAME)
    for number, site in enumerate(Site.objects.order_by("pk")):
        Site.objects.filter(pk=site.pk).update(name=f"{NAME[:-1]}{number}")
    Exam.objects.update(name=NAME)
    Patient.objects.filter(pk=demo.patient_id).update(given_name=PERSON, family_name=PERSON)
    act = {"measure": "over_six_weeks", "trust": "RTX", "why": WHY, "by": "staff 1", "at": now,
           "number": 1}  # fmt: skip
    month = timezone.localdate().replace(day=1)
    Target.objects.create(**act, month=month, value=2.5)
    Rebase.objects.create(**act, month=month)
    day = timezone.localdate() + timedelta(days=7)
    BreachToCome.objects.create(
        referral=demo, trust="RTX", modality="MR", urgency="routine", breach_day=day, built_at=now
    )
    places.forget()
    return [
        "", "m/over_six_weeks/?trust=RTX&by=trust", "m/scans/?by=site",
        f"m/scans/?place={counted[0].slug}&hours=1", "m/scans/?trust=RTX&modality=CT",
        "m/scans/?trust=RTX&decile=1&hours=1", "trusts/RTX/", f"places/{counted[0].slug}/",
        "compare/", "compare/?measure=scans", "settings/", "settings/target/",
        "settings/target/1/", "settings/target/1/away/", "settings/rebase/",
        "settings/rebase/1/away/", "map/", f"breaches/?day={day.isoformat()}", "dm01/", "pack/",
    ]  # fmt: skip


@pytest.mark.parametrize("javascript", [True, False])
def test_no_name_reaches_over_the_side_or_is_cut(
    open_page, live_server, make_staff, long_names, javascript
):
    wrong, said = [], ""
    for role, addresses in (("network_admin", ALL), ("clerk", ["breaches/"])):
        page = open_page(NARROW, javascript)
        let_in(page, make_staff(role, username=role), live_server.url)
        looked_at = [one for one in long_names if one.startswith(tuple(addresses))]
        for address in [*(FIGURES + one for one in looked_at), "/performance/"]:
            answer = page.goto(address)
            assert answer.status in (200, 400), address
            wrong += [f"{address}: {one}" for one in page.evaluate(WIDE, NARROW)]
            if page.evaluate("document.documentElement.scrollWidth") > NARROW:
                wrong.append(f"{address}: scrolls sideways")
            said += page.content()

    assert not wrong, "\n".join(wrong)
    for name in (NAME, f"{NAME[:-1]}0", WHY, PERSON):
        assert name in said, "a page says it whole"


def test_the_boards_pack_fits_its_paper_whatever_the_network_is_called(
    open_page,
    counted,  # noqa: F811
    settings,
):
    settings.ORGANISATION_NAME = NAME
    page = open_page(PAPER)
    style = Path(settings.BASE_DIR, "static", "pack.css").read_text(encoding="utf-8")
    now = timezone.now()
    page.set_content(pack_html(last_whole(now), now=now))
    page.add_style_tag(content=f"{style} body {{ margin: 0; }}")

    assert page.get_by_text(NAME).count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
