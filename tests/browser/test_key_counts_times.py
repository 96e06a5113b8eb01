"""How many keys and pages a caller's wish costs, from the desk's box on: counted and printed."""

import pytest

from tests.browser.keyboard import Keyboard
from tests.browser.test_desk import jane, sign_in  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


def test_any_evening_in_two_weeks_within_thirty_minutes(sign_in, jane):  # noqa: F811
    page = sign_in()
    keys = Keyboard(page)
    keys.type(jane.code)
    keys.enter()
    keys.go_to("When and where")
    keys.tab_to_id("when")
    keys.type("next t")
    keys.press("Tab")
    keys.type("30")
    keys.tab_to_id("daypart-evening")
    keys.press("Space")
    keys.enter()
    keys.tab_to_id("slot-")
    keys.enter()

    assert "when=two-weeks" in page.url
    assert page.get_by_text("Held by you until").count() == 1
    assert page.locator(".desk-box--held h2").inner_text().startswith("6pm")
    print(f"any evening in two weeks within 30 minutes: {keys.presses} keys, {keys.pages} pages")
    assert (keys.presses <= 40, keys.pages) == (True, 3)


def test_wheelchair_and_interpreter_at_the_nearest_place_that_can(sign_in, jane):  # noqa: F811
    jane.patient.needs = ["wheelchair", "interpreter"]
    jane.patient.save()
    page = sign_in()
    keys = Keyboard(page)
    keys.type(jane.code)
    keys.enter()
    assert page.locator("input[name=need][value=wheelchair]").is_checked()
    keys.go_to("Times")
    keys.tab_to_id("slot-")
    keys.enter()

    assert page.get_by_text("Held by you until").count() == 1
    print(f"wheelchair and interpreter, the nearest: {keys.presses} keys, {keys.pages} pages")
    assert (keys.presses <= 24, keys.pages <= 3) == (True, True)
