"""One of a long list, of which one types a few letters."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join

from booking.pages.fields.base import BoundNhsField, invalid
from booking.pages.fields.text import TextField

NAMED = 4
"""How many of the choices that fit an error names."""


class TypeAheadField(TextField):
    """A box that offers what fits while one types, by the browser's own list of suggestions.

    Nothing hangs on that: what was typed is matched here, by code or by the words of the name, and
    must fit one choice. `what` names such a thing in errors: "exam". Give the choices as
    (code, words) in `choices`; the cleaned value is a code.
    """

    choices: Iterable[tuple[str, str]] = ()

    def __init__(self, *args: Any, what: str, **options: Any) -> None:
        """Take what a text takes, and what it is one of."""
        self.what = what
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> str:
        """Return the code of the one choice that fits; empty if nothing was typed."""
        typed = super().to_python(value)
        if not typed:
            return ""
        fitting = fitting_choices(typed, self.choices)
        if len(fitting) == 1:
            return fitting[0][0]
        if not fitting:
            raise invalid(f"No {self.what} is called that. Type part of its name, or its code")
        names = "; ".join(_shown(*one) for one in fitting[:NAMED])
        rest = f"; and {len(fitting) - NAMED} more" if len(fitting) > NAMED else ""
        raise invalid(f"More than one {self.what} fits. Type more of one of these: {names}{rest}")

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the box and, beside it, what the browser suggests."""
        name = f"{bound.auto_id}-list"
        offered = format_html_join("", '<option value="{}">', ((_shown(*o),) for o in self.choices))
        suggestions = format_html('<datalist id="{}">{}</datalist>', name, offered)
        return {
            **super().params(bound),
            "attributes": {"list": name},
            "formGroup": {"afterInput": {"html": suggestions}},
        }


def fitting_choices(typed: str, choices: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the choices that were typed: the one that is named exactly, or all that fit.

    One fits if each word that was typed begins a word of its name or code, in any order.
    """
    said = _words(typed)
    exact = [(code, words) for code, words in choices if said in _names(code, words)]
    if exact or not said:
        return exact
    return [(code, words) for code, words in choices if _fits(said, _words(f"{words} {code}"))]


def _names(code: str, words: str) -> tuple[list[str], ...]:
    return _words(code), _words(words), _words(_shown(code, words))


def _fits(said: list[str], name: list[str]) -> bool:
    return all(any(word.startswith(one) for word in name) for one in said)


def _shown(code: str, words: str) -> str:
    return f"{words} ({code})"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
