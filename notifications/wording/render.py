"""The words of a text: from a versioned template to a body that fits two segments.

Each language is a folder of files `<wording>.v<n>.txt`; the highest version is used. To change
the words, add a file: rows keep the name and version that they were written with. Most kinds of
text have one wording, named as the kind; answers have several.
"""

import re
import string
import unicodedata
from pathlib import Path

from django.conf import settings

from notifications.wording import lint
from notifications.wording.segments import GSM_7

ENGLISH = "en"
TWO_SEGMENTS = 306
LONGEST_NAME = 30
NO_DECOMPOSITION = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"}
    | {"œ": "oe", "Œ": "OE", "\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-"}
)
FILE_NAME = re.compile(r"(?P<wording>[a-z0-9_]+)\.v(?P<version>\d+)")
WORDS = {
    "en": {
        "hello": "Hello",
        "scan": "scan",
        "strict_scan": "hospital appointment",
        "place": "the place in the link",
    }
}
"""A language's words for what is left out or said strictly (settings.SMS_STRICT_WORDS)."""


class UnknownWording(LookupError):
    """There is no template for this kind of text."""


class UnfitText(ValueError):
    """The text may not be sent as it stands. Says why, without the text."""


def render(wording: str, context: dict[str, str], language: str = ENGLISH) -> tuple[str, str]:
    """Return the template's id ("en/confirmation.v1") and the text, fit to send.

    `context` has what the template names: first_name (as greeting), when_time ("2:30pm", or "9am,
    and again at 1pm"), come_time (when to be there), when_day ("Wednesday 2 December"), place (the
    site's short name), link (a full URL without personal data), code, phone, example; of an offer
    by (until when it can be answered) and old_day (the day that it is instead of). A name or
    place is written without letters that GSM-7 lacks; one with a clinical word in it is not said at
    all; a place is shortened if the text would get too long. A language that is not switched on
    becomes English.
    Raises UnknownWording, UnfitText, or KeyError for a missing word.
    """
    if language not in settings.SMS_LANGUAGES:
        language = ENGLISH
    try:
        template_id, template = TEMPLATES[language][wording]
    except KeyError:
        raise UnknownWording(f"{language}/{wording}") from None
    words = _words(names_in(template), context, language)
    if "place" in words:
        room = TWO_SEGMENTS - len(template.format(**{**words, "place": ""}))
        words["place"] = shorten(words["place"], room)
    body = template.format(**words)
    if faults := lint.faults(body, language):
        raise UnfitText(f"{template_id} {'; '.join(faults)}")
    return template_id, body


def names_in(template: str) -> set[str]:
    """Return the names in braces of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def to_gsm_7(text: str) -> str:
    """Return text in GSM-7 letters: other accents taken off, anything else left out."""
    letters = []
    for letter in unicodedata.normalize("NFC", text).translate(NO_DECOMPOSITION):
        if letter in GSM_7:
            letters.append(letter)
        else:
            letters += [part for part in unicodedata.normalize("NFKD", letter) if part in GSM_7]
    return " ".join("".join(letters).split())


def tidy_name(name: str) -> str:
    """Return a first name fit for a text: letters, spaces, hyphens and apostrophes, at most 30.

    Nothing that a phone could take for a link or a number gets through. Empty if nothing is left.
    """
    kept = "".join(letter for letter in to_gsm_7(name) if letter.isalpha() or letter in " -'")
    return shorten(" ".join(kept.split()), LONGEST_NAME).strip(" -'")


def shorten(text: str, room: int) -> str:
    """Return text cut to at most `room` characters, after a whole word if one fits."""
    if len(text) <= room:
        return text
    cut = text[: max(room, 0) + 1].rsplit(" ", 1)[0]
    return cut[: max(room, 0)].rstrip(" ,-")


def _words(names: set[str], context: dict[str, str], language: str) -> dict[str, str]:
    """Return what stands for each name of a template."""
    own = WORDS[language]
    strict = settings.SMS_STRICT_WORDS
    words = {}
    for name in names:
        if name == "greeting":
            first_name = "" if strict else tidy_name(context["first_name"])
            clinical = lint.clinical_words(first_name, language)
            words[name] = own["hello"] if clinical or not first_name else first_name
        elif name == "scan":
            words[name] = own["strict_scan" if strict else "scan"]
        elif name == "place":
            place = shorten(to_gsm_7(context["place"]), TWO_SEGMENTS)
            words[name] = own["place"] if lint.faults(place, language) else place
        else:
            words[name] = context[name]
    return words


def _load() -> dict[str, dict[str, tuple[str, str]]]:
    """Return, by language and wording, the id and words of the highest version."""
    templates: dict[str, dict[str, tuple[str, str]]] = {}
    for folder in sorted(path.parent for path in Path(__file__).parent.glob("*/deny.txt")):
        newest: dict[str, tuple[int, Path]] = {}
        for path in folder.glob("*.v*.txt"):
            if not (match := FILE_NAME.fullmatch(path.stem)):
                raise ValueError(f"{path.name} is not named <wording>.v<number>.txt")
            version = int(match["version"])
            newest[match["wording"]] = max(newest.get(match["wording"], (0, path)), (version, path))
        templates[folder.name] = {
            wording: (f"{folder.name}/{path.stem}", path.read_text(encoding="utf-8").strip())
            for wording, (_, path) in newest.items()
        }
    return templates


TEMPLATES = _load()
