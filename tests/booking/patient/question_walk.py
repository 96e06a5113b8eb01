"""The questions before a scan as a test's browser answers them."""

import re

from django.urls import reverse

from booking.exams.questions import file
from booking.patient.answering import address_of
from tests.booking.patient.conftest import text

HIDDEN = re.compile(r'<input type="hidden" name="(about|asked|slot|known)" value="([^"]*)"')


def heading(page):
    """Return the words of the page's heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text(page), re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def words(page):
    """Return what can be read on a page."""
    main = text(page).split("<main")[1].split("</main>")[0]
    plain = " ".join(re.sub(r"<[^>]+>", " ", main).split())
    return re.sub(r" ([.,:?])", r"\1", plain)


def address(page):
    """Return the address of a page that was gone to."""
    chain = getattr(page, "redirect_chain", [])
    return chain[-1][0] if chain else page.request["PATH_INFO"]


def carried(page):
    """Return what the page's form carries unseen."""
    return dict(HIDDEN.findall(text(page)))


def is_question(page):
    return 'name="asked"' in text(page)


def first_question(browser):
    return browser.get("/questions/", follow=True)


def give(browser, page, value, **more):
    """Press Continue on a question's page; return the page that it leads to."""
    fields = value if isinstance(value, dict) else {"answer": value}
    return browser.post(address(page), {**carried(page), **fields, **more}, follow=True)


def weight(kg):
    return {"answer[unit]": "kg", "answer[kg]": str(kg)}


def page_of(browser, referral, question):
    """Open the page of one question, by its id, as its Change link does."""
    return browser.get(
        reverse("question", args=[address_of(referral, file.current().by_id[question])])
    )


def change(browser, referral, **values):
    """Answer these questions anew; return the page that the last leads to."""
    page = None
    for question, value in values.items():
        page = give(browser, page_of(browser, referral, question), value)
    return page


def answer_all(browser, said=None, otherwise="no"):
    """Answer every question that is open: as `said` by a part of its words; return what follows."""
    page = first_question(browser)
    for _ in range(40):
        if not is_question(page):
            return page
        asked = heading(page)
        value = next((one for part, one in (said or {}).items() if part in asked), otherwise)
        if 'name="answer[unit]"' in text(page) and isinstance(value, str):
            value = {"answer[unit]": "dont_know"}
        page = give(browser, page, value)
    raise AssertionError("there is no end of questions")


def go_on(browser, page):
    """Press the button of the answers' check."""
    return browser.post("/questions/check/", carried(page), follow=True)
