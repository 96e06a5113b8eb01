import pytest

from notifications.models import Kind
from notifications.wording.render import (
    GSM_7,
    TEMPLATES,
    TWO_SEGMENTS,
    UnknownWording,
    render,
    tidy_name,
)
from tests.notifications.conftest import CONTEXT


def test_a_confirmation_says_when_where_and_what_the_patient_can_do():
    assert render("confirmation", CONTEXT) == (
        "confirmation.v1",
        "Jane, your scan is at 2:30pm on Wednesday 2 December at Preston Healthport. "
        "See details, change or cancel: https://scans.example.nhs.uk/a/7KQ49CRB",
    )


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_fits_two_segments_with_long_and_foreign_words(kind):
    context = {
        **CONTEXT,
        "first_name": "Wilhelmína-Ångström " * 5,
        "place": "Royal Lancaster Infirmary Community Diagnostic Centre – Phase 2 " * 4,
    }
    _, body = render(kind, context)
    assert len(body) <= TWO_SEGMENTS
    assert set(body) <= GSM_7
    assert body.endswith(CONTEXT["link"])
    assert "{" not in body


def test_every_kind_has_wording():
    assert set(TEMPLATES) == set(Kind.values)


@pytest.mark.parametrize("kind", Kind.values)
def test_no_wording_names_a_kind_of_scan_or_a_body_part(kind):
    words = TEMPLATES[kind][1].lower()
    for clinical in ("mri", " ct", "x-ray", "ultrasound", "cancer", "contrast", "urgent"):
        assert clinical not in words


def test_accents_that_gsm_7_lacks_are_taken_off_and_others_stay():
    assert tidy_name("Siân") == "Sian"
    assert tidy_name("Łukasz") == "Lukasz"
    assert tidy_name("Zoë") == "Zoe"
    assert tidy_name("José") == "José"
    assert tidy_name("D\u2019Arcy") == "D'Arcy"


def test_a_name_with_no_letter_that_can_be_sent_becomes_hello():
    _, body = render("confirmation", {**CONTEXT, "first_name": "明"})
    assert body.startswith("Hello, your scan")


def test_a_name_cannot_bring_a_link_or_a_line_break_or_a_placeholder():
    _, body = render("confirmation", {**CONTEXT, "first_name": "http://x.test/1\n{link}"})
    assert body.startswith("httpxtest link, your scan")


def test_a_long_place_is_cut_after_a_whole_word():
    _, body = render("confirmation", {**CONTEXT, "place": "Healthport " * 40})
    assert "Healthport. See details" in body


def test_a_kind_without_wording_is_refused():
    with pytest.raises(UnknownWording):
        render("birthday", CONTEXT)
