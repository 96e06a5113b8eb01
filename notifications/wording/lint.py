"""What makes a text unfit to send: clinical words, letters that cost, length, leftover braces.

Used on every template when the service starts (notifications.checks) and on every text as it
is written (render).
"""

import re
from functools import cache
from pathlib import Path

from notifications.wording.segments import GSM_7, size

MOST_SEGMENTS = 2
FOLDER = Path(__file__).parent
LONG_NUMBER = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
"""Ten digits in NHS number form. A phone number of ours starts with 0 and has eleven."""
LINK = re.compile(r"https?://\S+")
STAFF_MAY_READ = frozenset({"urgent"})
"""What a text to staff may say and none to a patient: it is on nobody's own phone about them."""


def clinical_words(text: str, language: str) -> list[str]:
    """Return the words of `text` that no text may say, as the language's deny.txt lists them.

    Links are left out: a code in one may happen to spell something.
    """
    return [match.lower() for match in _denied(language).findall(LINK.sub(" ", text))]


def faults(text: str, language: str, *, to_staff: bool = False) -> list[str]:
    """Return what is wrong with a text that is about to be kept, empty if nothing is."""
    allowed = STAFF_MAY_READ if to_staff else frozenset()
    found = [f'says "{word}"' for word in clinical_words(text, language) if word not in allowed]
    if LONG_NUMBER.search(LINK.sub(" ", text)):
        found.append("has a number like an NHS number")
    if foreign := sorted(set(text) - GSM_7):
        found.append(f"has {' '.join(foreign)}, which GSM-7 lacks or counts twice")
    if (segments := size(text).segments) > MOST_SEGMENTS:
        found.append(f"takes {segments} segments, at most {MOST_SEGMENTS}")
    if "{" in text or "}" in text:
        found.append("has a brace left over")
    return found


@cache
def _denied(language: str) -> re.Pattern[str]:
    lines = (FOLDER / language / "deny.txt").read_text(encoding="utf-8").splitlines()
    words = [re.escape(line.strip()) for line in lines if line.strip() and line[0] != "#"]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)
