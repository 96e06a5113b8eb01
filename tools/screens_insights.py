"""The walks of `make screens` for the network's figures: staff's pages, and everybody's."""

from playwright.sync_api import Page

from tools.pictures import FIRST_SIGHT, take

FIGURES = "/staff/insights/"


def admin(page: Page, width: str) -> None:
    """Look at the overview, a measure, the trusts side by side, the map, DM01 and 2019/20."""
    page.goto(FIGURES)
    take(page, "49-insights", width)
    page.goto(f"{FIGURES}m/over_six_weeks/?modality=CT")
    take(page, "50-measure", width, tallest=FIRST_SIGHT)
    page.goto(f"{FIGURES}compare/?measure=scans")
    take(page, "51-side-by-side", width, tallest=FIRST_SIGHT)
    page.goto(f"{FIGURES}map/")
    take(page, "52-scans-by-place", width, tallest=FIRST_SIGHT)
    page.goto(f"{FIGURES}dm01/")
    take(page, "53-published-figures", width, tallest=FIRST_SIGHT)
    page.goto(f"{FIGURES}m/against_baseline/")
    take(page, "56-against-2019-20", width, tallest=FIRST_SIGHT)


def lead(page: Page, width: str) -> None:
    """Look at the breaches to come."""
    page.goto(f"{FIGURES}breaches/")
    take(page, "54-breaches-to-come", width, tallest=FIRST_SIGHT)


def everybody(page: Page, width: str) -> None:
    """Look at how the network does."""
    page.goto("/performance/?scan=CT")
    take(page, "55-performance", width, tallest=FIRST_SIGHT)
