"""The words of a text: from a versioned template to a body that fits two segments.

Each kind has files `<kind>.v<n>.txt` beside this module; the highest version is used. To change
the words, add a file: rows keep the name and version that they were written with.
"""

import re
import unicodedata
from pathlib import Path

# GSM 03.38, the basic set without its extension table: one of any other character turns the whole
# text into UCS-2, of which a segment holds 67 instead of 153.
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_SEGMENTS = 306
LONGEST_NAME = 30
NO_DECOMPOSITION = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"}
    | {"œ": "oe", "Œ": "OE", "\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-"}
)
FILE_NAME = re.compile(r"(?P<kind>[a-z0-9_]+)\.v(?P<version>\d+)")


class UnknownWording(LookupError):
    """There is no template for this kind of text."""


def render(kind: str, context: dict[str, str]) -> tuple[str, str]:
    """Return the template's id ("confirmation.v1") and the text, GSM-7 and at most 306 long.

    `context`: first_name, when_time ("2:30pm"), when_day ("Wednesday 2 December"), place (the
    site's short name) and link (a full URL without personal data). A name or place is written
    without letters that GSM-7 lacks, and a place is shortened if the text would get too long.
    Raises UnknownWording, or KeyError for a missing word.
    """
    try:
        template_id, template = TEMPLATES[kind]
    except KeyError:
        raise UnknownWording(kind) from None
    words = {name: context[name] for name in ("when_time", "when_day", "link")}
    words["greeting"] = tidy_name(context["first_name"]) or "Hello"
    room = TWO_SEGMENTS - len(template.format(place="", **words))
    return template_id, template.format(place=shorten(to_gsm_7(context["place"]), room), **words)


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


def _load() -> dict[str, tuple[str, str]]:
    """Return (id, template) of the highest version of each kind."""
    newest: dict[str, tuple[int, Path]] = {}
    for path in Path(__file__).parent.glob("*.v*.txt"):
        if not (match := FILE_NAME.fullmatch(path.stem)):
            raise ValueError(f"{path.name} is not named <kind>.v<number>.txt")
        version = int(match["version"])
        newest[match["kind"]] = max(newest.get(match["kind"], (0, path)), (version, path))
    return {
        kind: (path.stem, path.read_text(encoding="utf-8").strip())
        for kind, (_, path) in newest.items()
    }


TEMPLATES = _load()
