"""The one rule for text that comes in, by whatever door: a page, a file, a system, a text message.

*Refused*, with nothing done: U+0000, which PostgreSQL keeps in no text, and half of a surrogate
pair, which no encoding knows. No keyboard types either, so that nobody is sent away by mistake.

*Put right* without a word, where a person typed or copied it: what cannot be seen, and spaces of
other kinds. They come along from web pages, letters and spreadsheets, and no name, code or number
means them. The two joiners stay: some alphabets are written with them.
"""

import re

SURROGATES = r"\ud800-\udfff"
_UNFIT = re.compile(rf"[\0{SURROGATES}]")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but not tab and line ends
    r"\u00ad\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff"  # soft hyphen, no-width, marks, BOM
    r"\u202a-\u202e\u2066-\u2069"  # what turns the direction of other letters around
    rf"{SURROGATES}]"
)
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def is_fit(text: str) -> bool:
    """Return whether both databases can keep a text and every answer can say it again."""
    return _UNFIT.search(text) is None


def keep_fit(text: str) -> str:
    """Return a text without what is unfit: of what must not be lost, or is not worth a refusal."""
    return _UNFIT.sub("", text)


def tidy(text: str) -> str:
    """Return what a person typed without what cannot be seen, and with plain spaces. It is fit."""
    if text.isascii() and text.isprintable():
        return text
    return _SPACES.sub(" ", _UNSEEN.sub("", text))
