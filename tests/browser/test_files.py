"""A network administrator puts another file of exams in the place of what stands."""

import pytest

from booking.models import Exam
from tests.booking.exams.test_exams_file import GOOD, file_of
from tests.browser.test_accessibility import faults
from tests.browser.walk import let_in, next_page

pytestmark = pytest.mark.browser
TOE = {**GOOD, "region": "limb"}


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (390, False)])
def test_a_file_is_refused_put_right_looked_at_and_published(
    open_page, make_staff, live_server, demo, tmp_path, width, javascript
):
    def check(*rows):
        path.write_bytes(file_of(*rows))
        page.locator("input[type=file]").first.set_input_files(str(path))
        press("Check this file")

    def press(name):
        with next_page(page):
            page.get_by_role("button", name=name).first.click()
        assert not javascript or faults(page) == []

    page, path = open_page(width, javascript), tmp_path / "exams.csv"
    let_in(page, make_staff(role="network_admin", username="nina"), live_server.url)
    page.goto("/staff/files/")

    check(TOE, {**TOE, "code": "MR-ARM", "minutes": "many"})
    assert page.get_by_text("line 3: minutes is 'many'").count() == 1
    check(TOE, {**TOE, "code": "MR-ARM"})
    assert page.get_by_role("heading", name="New: 2").count() == 1
    press("Publish this file")

    assert page.get_by_text("Kinds of scan: your file is published.").count() == 1
    assert set(Exam.objects.filter(retired=False).values_list("code", flat=True)) == {
        "MR-TOE", "MR-ARM",
    }  # fmt: skip
