"""The steps of the patient's journey, as a person takes them."""


def sign_in(page, code="7KQ4 9CRB", born=("12", "3", "1961")):
    page.goto("/")
    page.get_by_role("button", name="Start now").click()
    page.get_by_label("What is your booking code?").fill(code)
    page.get_by_role("button", name="Continue").click()
    for part, value in zip(("Day", "Month", "Year"), born, strict=True):
        page.get_by_label(part).fill(value)
    page.get_by_role("button", name="Continue").click()


def to_places(page, postcode="LA14 4LF"):
    sign_in(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Where will you travel from?").fill(postcode)
    page.get_by_role("button", name="Continue").click()


def to_check(page):
    to_places(page)
    page.locator("button.finder-time").first.click()


def to_booked(page):
    to_check(page)
    page.get_by_role("button", name="Book this appointment").click()
