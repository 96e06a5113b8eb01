"""What is looked at before the service starts: the words of every text, and its settings."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from notifications.gateways.outcomes import Misconfigured
from notifications.models import Kind
from notifications.wording import render

ANSWERS = (
    "answer_yes",
    "answer_change",
    "answer_change_pending",
    "answer_older",
    "answer_older_pending",
    "answer_past",
    "answer_cancelled",
    "answer_displaced",
    "answer_help",
    "answer_help_phone",
    "answer_offer_no",
    "answer_offer_no_kept",
    "answer_offer_late",
    "answer_offer_gone",
    "answer_offer_over",
    "answer_offer_yes_already",
    "answer_offer_no_already",
    "answer_offer_wait",
    "answer_offer_missed",
    "answer_offer_ask",
    "answer_sooner_on",
    "answer_sooner_off",
    "answer_sooner_not",
)
IN_DOUBT = ("ask_code", "not_understood_phone", "nothing_to_come")
"""Further wordings of Kind.NOT_UNDERSTOOD."""
WORDINGS = [kind for kind in Kind.values if kind != Kind.ANSWER] + [
    *ANSWERS,
    *IN_DOUBT,
    "cancelled",
    "details_pending",
    "back_on",
    "place_renamed",
    "place_renamed_pending",
]
"""The wordings that every language needs."""


def longest_words() -> dict[str, str]:
    """Return a word for each name that a template may use, as long as it may get."""
    return {
        "first_name": "Wilhelmina-Alexandrina Margaret",
        "when_time": "10:45am, and again at 12:45pm",
        "come_time": "11:45pm on Wednesday 30 September",
        "when_day": "Wednesday 30 September",
        "place": "Chorley and South Ribble Hospital",
        "link": f"{settings.PUBLIC_BASE_URL}/a/7KQ49CRB",
        "code": "7567",
        "phone": settings.HELP_PHONE,
        "example": "1234",
        "by": "11:45am on Wednesday 30 September",
        "old_day": "Wednesday 30 September",
        "waits": "9999 urgent requests wait",
    }


@register()
def texts_are_fit(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Say what is wrong with any wording of any language that is switched on."""
    return [Error(fault, id="notifications.E001") for fault in _faults_of_wordings()]


@register()
def settings_are_fit(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Say what is wrong with the settings of texts."""
    from notifications.gateways.twilio import loopback_base  # large: only here

    faults = []
    if settings.SMS_PER_SECOND < 1:
        faults.append("SMS_PER_SECOND is below 1: nothing would ever be sent.")
    try:
        loopback_base()
    except Misconfigured as fault:
        faults.append(f"{fault}.")
    return [Error(fault, id="notifications.E002") for fault in faults]


def _faults_of_wordings() -> Iterator[str]:
    for language in {*settings.SMS_LANGUAGES, render.ENGLISH}:
        if language not in render.TEMPLATES or language not in render.WORDS:
            yield f"SMS_LANGUAGES names {language!r}, for which there is no wording."
            continue
        there = render.TEMPLATES[language]
        for missing in sorted(set(WORDINGS) - set(there)):
            yield f"{language} has no wording for {missing}."
        for wording in there:
            try:
                render.render(wording, longest_words(), language)
            except KeyError as fault:
                yield f"{language}/{wording} names {fault}, which nobody fills in."
            except ValueError as fault:  # UnfitText, or braces that do not match
                yield f"A wording is unfit: {fault}."
