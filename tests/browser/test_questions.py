"""The questions before a scan in a real browser, to the end that each set of answers leads to.

Most questions are answered on another day: what is asked here is what the journey is about.
"""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from booking.models import Answer, Appointment, Exam, Schedule, Slot, WorklistRow
from sites.models import Scanner
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import press, press_time, sign_in, to_places

pytestmark = pytest.mark.browser

TRANSFER = "Do you need help to move from a wheelchair to the scan table?"
EVERY_WAY = pytest.mark.parametrize(
    ("width", "javascript"),
    [(320, True), (320, False), (1280, True), (1280, False)],
    ids=["narrow", "narrow, no script", "wide", "wide, no script"],
)
BOTH_WAYS = pytest.mark.parametrize(
    ("width", "javascript"), [(320, True), (1280, False)], ids=["narrow", "wide, no script"]
)


@pytest.fixture
def scan(demo):
    """Make Jane's scan another one, of which these questions are open."""

    def scan(modality, *questions, born=date(1961, 3, 12), **exam):
        if modality != "MR":
            demo.exam = Exam.objects.create(
                code=f"{modality}-X", name="a scan", modality=modality, body_part="chest",
                minutes=20, **exam,
            )  # fmt: skip
            demo.save()
            for model in (Slot, Schedule, Scanner):
                model.objects.update(modality=modality)
        Scanner.objects.update(contrast=True, under_16s=True, table_kg=200)
        demo.patient.born = born
        demo.patient.save()
        Answer.objects.filter(question__in=questions).delete()
        return demo

    return scan


class Walk:
    """One page of a browser, and what axe and the HTML parser found wrong on its way.

    Without JavaScript nothing can be asked of the page itself: axe would wait for ever.
    """

    def __init__(self, page, javascript):
        self.page, self.javascript, self.found = page, javascript, []

    def look(self):
        self.found += html_errors(self.page)
        if self.javascript:
            self.found += faults(self.page)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= self.page.viewport_size["width"], self.page.url

    @property
    def heading(self):
        return self.page.get_by_role("heading", level=1).inner_text()

    def answer(self, question, answer):
        assert self.heading == question
        self.page.get_by_label(answer, exact=True).check()
        press(self.page, "Continue")

    def says(self, words):
        assert words in " ".join(self.page.inner_text("main").split()), words


@pytest.fixture
def walk(open_page):
    walks = []

    def walk(width, javascript=True):
        walks.append(Walk(open_page(width, javascript), javascript))
        return walks[-1]

    yield walk
    assert [one.found for one in walks] == [[] for _ in walks]


@BOTH_WAYS
def test_a_routine_knee_is_asked_everything_and_booked(walk, scan, width, javascript):
    jane, it = scan("MR"), walk(width, javascript)
    Answer.objects.all().delete()
    sign_in(it.page)
    press(it.page, "Continue")
    press(it.page, "Continue")
    it.page.locator(".nhsuk-error-summary").wait_for()
    it.look()
    for number in range(16):
        it.page.get_by_label("No", exact=True).check()
        press(it.page, "Continue")
        if number == 3:
            press(it.page, "Back", "link")
            assert it.page.get_by_label("No", exact=True).is_checked()
            press(it.page, "Continue")
    assert it.heading == "Check your answers"
    it.look()
    press(it.page, "These answers are right")
    it.page.get_by_label("Where will you travel from?").fill("LA14 4LF")
    press(it.page, "Continue")
    press_time(it.page)
    press(it.page, "Book this appointment")

    assert Appointment.objects.get().referral == jane
    assert not WorklistRow.objects.exists()


@BOTH_WAYS
def test_a_pacemaker_ends_at_a_person_with_the_time_kept(walk, scan, width, javascript):
    jane, it = scan("MR", "pacemaker"), walk(width, javascript)
    slot = Slot.objects.filter(start__gt=timezone.now() + timedelta(days=7)).earliest("start")
    it.page.goto(f"/slot/{slot.pk}/")
    press(it.page, "Continue")
    it.page.get_by_label("What is your booking code?").fill("7KQ4 9CRB")
    press(it.page, "Continue")
    for part, value in zip(("Day", "Month", "Year"), ("12", "3", "1961"), strict=True):
        it.page.get_by_label(part).fill(value)
    press(it.page, "Continue")
    it.says("We are keeping")
    it.look()
    it.answer("Do you have a pacemaker or a defibrillator?", "Yes")
    press(it.page, "These answers are right")

    assert it.heading == "We need to speak with you before you book"
    it.says("A person from our booking team will phone you by")
    it.says("We keep this time for you until")
    it.look()
    press(it.page, "Sign out")
    held = Slot.objects.get(pk=slot.pk)
    assert (held.held_by, held.free_at) == (jane, WorklistRow.objects.get().due_at)


@BOTH_WAYS
def test_metformin_before_a_dye_is_booked_and_checked_by_a_person(walk, scan, width, javascript):
    scan("CT", "metformin", contrast="iodinated", region="chest")
    it = walk(width, javascript)
    sign_in(it.page)
    press(it.page, "Continue")
    it.answer("Do you take metformin?", "Yes")
    it.says("What your answers mean")
    press(it.page, "These answers are right")
    it.page.get_by_label("Where will you travel from?").fill("LA14 4LF")
    press(it.page, "Continue")
    it.page.goto(f"/choose/?from={(timezone.now() + timedelta(days=8)).date().isoformat()}")
    press_time(it.page)
    it.says("A person looks at the answers before the day of the scan.")
    it.look()
    press(it.page, "Book this appointment")
    it.says("A person looks at the answers before the day of the scan, by")
    it.look()
    row = WorklistRow.objects.get(kind="needs_person")
    assert row.due_at < Appointment.objects.get().start


@BOTH_WAYS
def test_who_may_be_pregnant_is_phoned_before_an_x_ray(walk, scan, width, javascript):
    scan("DX", "pregnant", born=date(1990, 3, 12))
    it = walk(width, javascript)
    sign_in(it.page, born=("12", "3", "1990"))
    press(it.page, "Continue")
    it.answer("Are you pregnant, or could you be?", "I don’t know")
    press(it.page, "These answers are right")

    assert it.heading == "We need to speak with you before you book"
    it.look()
    press(it.page, "Look at your answers, or change one", "link")
    press(it.page, "Are you pregnant", "link")
    it.page.get_by_role("heading", name="Are you pregnant").wait_for()
    it.answer("Are you pregnant, or could you be?", "No")
    press(it.page, "These answers are right")
    assert it.heading == "Where will you travel from?"


@BOTH_WAYS
def test_a_parent_answers_for_a_child_before_an_ultrasound(walk, scan, width, javascript):
    born = timezone.now().date().replace(day=1) - timedelta(days=365 * 8)
    scan("US", "with_adult", born=born)
    it = walk(width, javascript)
    sign_in(it.page, born=(str(born.day), str(born.month), str(born.year)))
    press(it.page, "Continue")
    assert it.heading == "Who is answering the questions?"
    it.look()
    it.page.get_by_label("I am an adult, and I answer for Jane").check()
    press(it.page, "Continue")
    it.look()
    it.page.get_by_label("Your name").fill("Ann Fell")
    it.page.get_by_label("Parent or guardian").check()
    press(it.page, "Continue")
    it.look()
    it.answer("Will an adult come with Jane to the scan?", "Yes")

    it.says("Ann Fell, parent or guardian")
    it.look()
    press(it.page, "These answers are right")
    assert it.heading == "Where will you travel from?"
    kept = Answer.objects.get(question="with_adult", is_current=True)
    assert (kept.who, kept.carer_name) == ("carer", "Ann Fell")


@BOTH_WAYS
def test_a_weight_over_every_limit_ends_at_a_person(walk, scan, width, javascript):
    scan("MR", "heavy", "weight")
    it = walk(width, javascript)
    sign_in(it.page)
    press(it.page, "Continue")
    it.answer("Do you weigh more than 120 kg (18 stone 12)?", "Yes")
    if javascript:
        it.page.get_by_label("Stones and pounds").check()
    it.page.get_by_label("Stones", exact=True).fill("36")
    it.page.get_by_label("Pounds", exact=True).fill("14")
    press(it.page, "Continue")
    it.says("Pounds must be between 0 and 13")
    it.look()
    it.page.get_by_label("Pounds", exact=True).fill("5")
    press(it.page, "Continue")
    it.says("231 kg")
    press(it.page, "These answers are right")

    assert it.heading == "We need to speak with you before you book"
    it.says("A person will look for one, and phone you")


@EVERY_WAY
def test_a_bone_scan_in_two_visits_is_chosen_moved_and_cancelled_as_one(
    walk, scan, width, javascript
):
    scan(
        "NM", visits=2, gap_min_minutes=120, gap_max_minutes=240, second_minutes=30,
        preparation="6h: Do not eat after {time}", bring="Something to read",
    )  # fmt: skip
    it = walk(width, javascript)
    to_places(it.page)
    it.look()
    press_time(it.page)
    it.says("2pm, and again at 6pm")
    it.says("Come back the same day at 6pm")
    it.look()
    press(it.page, "Book this appointment")
    it.says("2pm, and again at 6pm")
    it.says("Come back the same day at 6pm")
    it.look()
    booked = Appointment.objects.get()
    old = booked.slot_ids()
    assert len(old) == 2
    assert set(Slot.objects.filter(free_at=None).values_list("pk", flat=True)) == set(old)

    press(it.page, "Change your appointment", "link")
    it.look()
    press_time(it.page, 1)
    it.says("You have an appointment on")
    assert (
        it.page.inner_text("main").count("2pm, and again at 6pm") == 2
    )  # the old time, and the new
    press(it.page, "Change my appointment")
    booked.refresh_from_db()
    new = booked.slot_ids()
    assert len(new) == 2
    assert not set(new) & set(old)
    assert set(Slot.objects.filter(free_at=None).values_list("pk", flat=True)) == set(new)

    press(it.page, "Cancel your appointment", "link")
    it.says("2pm, and again at 6pm")
    it.look()
    press(it.page, "Yes, cancel")
    it.look()
    booked.refresh_from_db()
    assert booked.status == "cancelled"
    assert not Slot.objects.filter(free_at=None).exists()


@EVERY_WAY
def test_who_needs_a_hoist_sees_only_places_that_have_one_and_why(walk, scan, width, javascript):
    scan("BMD", "transfer", "hoist")
    Scanner.objects.update(hoist=True)
    Scanner.objects.filter(site__slug="furness-general-hospital").update(hoist=False)
    it = walk(width, javascript)
    sign_in(it.page)
    press(it.page, "Continue")
    it.answer(TRANSFER, "I don’t know")
    it.answer("Do you need a hoist to move?", "Yes")
    press(it.page, "These answers are right")
    it.page.get_by_label("Where will you travel from?").fill("LA14 4LF")
    press(it.page, "Continue")

    it.says("2 places have appointments")
    names = it.page.locator(".finder-places h2 a").all_inner_texts()
    assert "Furness General Hospital" not in names
    assert len(names) == 2
    it.page.get_by_text("Why not here?").click()
    why = it.page.locator("#left-out").inner_text()
    assert "Furness General Hospital" in why
    assert "There is no hoist there to lift people onto the scanner" in why
    it.look()
    press_time(it.page)
    press(it.page, "Book this appointment")
    assert Appointment.objects.get().site.slug != "furness-general-hospital"


@EVERY_WAY
def test_i_do_not_know_everywhere_ends_at_a_person(walk, scan, width, javascript):
    jane, it = scan("MR"), walk(width, javascript)
    Answer.objects.all().delete()
    sign_in(it.page)
    press(it.page, "Continue")
    asked = []
    while it.heading != "Check your answers":
        asked.append(it.heading)
        it.page.get_by_label("I don’t know", exact=True).check()
        press(it.page, "Continue")
    it.look()
    said = it.page.locator(".nhsuk-summary-list__value").all_inner_texts()
    assert said.count("I don’t know") == len(asked) == len(set(asked)) > 10
    press(it.page, "These answers are right")

    assert it.heading == "We need to speak with you before you book"
    it.says("A person from our booking team will phone you by")
    it.look()
    row = WorklistRow.objects.get(kind="needs_person")
    assert row.referral == jane
    assert set(Answer.objects.values_list("value", flat=True)) == {"dont_know"}
