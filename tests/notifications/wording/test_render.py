import pytest

from notifications import checks
from notifications.wording import lint
from notifications.wording import render as rendering
from notifications.wording.render import (
    TEMPLATES,
    TWO_SEGMENTS,
    UnfitText,
    UnknownWording,
    render,
    tidy_name,
)
from notifications.wording.segments import GSM_7
from tests.notifications.conftest import CONTEXT

ENGLISH = TEMPLATES["en"]


def test_a_confirmation_says_when_where_and_what_the_patient_can_do():
    assert render("confirmation", CONTEXT) == (
        "en/confirmation.v2",
        "Jane, your scan is at 2:30pm on Wednesday 2 December at Preston Healthport. "
        "Come at 2:15pm. How to prepare, or change it: https://scans.example.nhs.uk/a/7KQ49CRB "
        "Or reply CANCEL 7567 to cancel.",
    )


@pytest.mark.parametrize("wording", ENGLISH)
@pytest.mark.parametrize("strict", [True, False])
def test_every_text_fits_two_segments_with_long_and_foreign_words(settings, wording, strict):
    settings.SMS_STRICT_WORDS = strict
    context = {
        **CONTEXT,
        "first_name": "Wilhelmína-Ångström " * 5,
        "place": "Royal Lancaster Infirmary Community Diagnostic Centre – Phase 2 " * 4,
    }
    _, body = render(wording, context)
    assert len(body) <= TWO_SEGMENTS
    assert set(body) <= GSM_7
    assert "{" not in body
    if "{link}" in ENGLISH[wording][1]:
        assert CONTEXT["link"] in body


def test_every_wording_that_is_needed_is_there_and_fit():
    assert set(ENGLISH) == set(checks.WORDINGS)
    assert checks.texts_are_fit(None) == []
    assert checks.settings_are_fit(None) == []


def test_the_strict_form_says_neither_scan_nor_a_name(settings):
    settings.SMS_STRICT_WORDS = True
    _, body = render("confirmation", CONTEXT)
    assert body.startswith("Hello, your hospital appointment is at 2:30pm")
    assert "scan " not in body
    assert "Jane" not in body


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("Your MRI is at {when_time}", 'says "mri"'),
        ("Your cancer scan", 'says "cancer"'),
        ("Your scan \N{THUMBS UP SIGN}", "GSM-7 lacks"),
        ("It costs 5\N{EURO SIGN}", "GSM-7 lacks or counts twice"),
        ("Your scan. " * 40, "takes 3 segments"),
        ("Your {{scan}}", "brace left over"),
        ("NHS number 943 476 5919", "number like an NHS number"),
        ("Your {surname}", "'surname', which nobody fills in"),
        ("Your {scan", "expected '}'"),
    ],
)
def test_an_unfit_template_stops_the_start(monkeypatch, template, says):
    unfit = {**ENGLISH, "confirmation": ("en/confirmation.v9", template)}
    monkeypatch.setattr(rendering, "TEMPLATES", {"en": unfit})
    (error,) = checks.texts_are_fit(None)
    assert says in error.msg


def test_a_missing_wording_or_language_stops_the_start(monkeypatch, settings):
    settings.SMS_LANGUAGES = ["en", "cy"]
    kept = {name: words for name, words in ENGLISH.items() if name != "displaced"}
    monkeypatch.setattr(rendering, "TEMPLATES", {"en": kept})
    said = " ".join(error.msg for error in checks.texts_are_fit(None))
    assert "en has no wording for displaced" in said
    assert "'cy', for which there is no wording" in said


@pytest.mark.parametrize(
    ("name", "value"), [("SMS_PER_SECOND", 0), ("TWILIO_API_BASE", "https://twilio.example")]
)
def test_a_setting_that_would_send_nothing_or_elsewhere_stops_the_start(settings, name, value):
    setattr(settings, name, value)
    (error,) = checks.settings_are_fit(None)
    assert name in error.msg


def test_a_language_that_is_switched_on_is_used_and_any_other_is_english(monkeypatch, settings):
    welsh = {**ENGLISH, "confirmation": ("cy/confirmation.v1", "{greeting}, {scan}: {link}")}
    monkeypatch.setattr(rendering, "TEMPLATES", {"en": ENGLISH, "cy": welsh})
    monkeypatch.setitem(rendering.WORDS, "cy", {**rendering.WORDS["en"], "scan": "sgan"})
    monkeypatch.setattr(lint, "_denied", lambda language: __import__("re").compile("(?!)"))
    assert render("confirmation", CONTEXT, "cy")[0] == "en/confirmation.v2"
    settings.SMS_LANGUAGES = ["en", "cy"]
    template, body = render("confirmation", CONTEXT, "cy")
    assert (template, body) == ("cy/confirmation.v1", f"Jane, sgan: {CONTEXT['link']}")


@pytest.mark.parametrize(
    "place", ["Rosemere Cancer Centre", "X-ray Department", "Breast clinic", "Unit 943 476 5919"]
)
def test_a_place_with_a_clinical_name_is_not_said(place):
    _, body = render("confirmation", {**CONTEXT, "place": place})
    assert "at the place in the link." in body


def test_a_name_that_is_a_clinical_word_is_not_said():
    _, body = render("confirmation", {**CONTEXT, "first_name": "Hip"})
    assert body.startswith("Hello, your scan")


def test_a_link_may_happen_to_spell_something():
    link = "https://scans.example.nhs.uk/a/HIP/CT"
    assert link in render("confirmation", {**CONTEXT, "link": link})[1]


def test_a_text_made_unfit_by_what_is_filled_in_is_refused_without_being_quoted():
    with pytest.raises(UnfitText) as unfit:
        render("one_time_code", {"code": "943 476 5919"})
    assert "943" not in str(unfit.value)


def test_accents_that_gsm_7_lacks_are_taken_off_and_others_stay():
    assert tidy_name("Siân") == "Sian"
    assert tidy_name("Łukasz") == "Lukasz"
    assert tidy_name("Zoë") == "Zoe"
    assert tidy_name("José") == "José"
    assert tidy_name("D\u2019Arcy") == "D'Arcy"
    assert tidy_name("Ana \N{PARTY POPPER}") == "Ana"


def test_a_name_with_no_letter_that_can_be_sent_becomes_hello():
    _, body = render("confirmation", {**CONTEXT, "first_name": "明"})
    assert body.startswith("Hello, your scan")


def test_a_name_cannot_bring_a_link_or_a_line_break_or_a_placeholder():
    _, body = render("confirmation", {**CONTEXT, "first_name": "http://x.test/1\n{link}"})
    assert body.startswith("httpxtest link, your scan")


def test_a_long_place_is_cut_after_a_whole_word():
    _, body = render("confirmation", {**CONTEXT, "place": "Healthport " * 40})
    assert "Healthport. Come at" in body


def test_a_kind_without_wording_is_refused():
    with pytest.raises(UnknownWording):
        render("birthday", CONTEXT)
