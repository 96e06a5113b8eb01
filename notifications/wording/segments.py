"""How many segments a text is billed as, and in which alphabet it travels.

Source: 3GPP TS 23.038 (the GSM 7-bit default alphabet and its extension table) and 23.040
(a text of more than one segment gives up room in each for its header).
"""

from typing import NamedTuple

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic set. One character of neither set turns the whole text into UCS-2."""

GSM_7_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Each takes the room of two, and the two are never parted between segments."""


class Size(NamedTuple):
    """A text's alphabet ("GSM-7" or "UCS-2") and its segments."""

    alphabet: str
    segments: int


def size(body: str) -> Size:
    """Return the alphabet and the number of segments of a text; an empty text is one segment."""
    if set(body) <= GSM_7 | GSM_7_EXTENSION:
        widths = [2 if letter in GSM_7_EXTENSION else 1 for letter in body]
        return Size("GSM-7", _segments(widths, alone=160, joined=153))
    # UTF-16 code units: an emoji is two, and a segment does not part them.
    widths = [2 if ord(letter) > 0xFFFF else 1 for letter in body]
    return Size("UCS-2", _segments(widths, alone=70, joined=67))


def _segments(widths: list[int], alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, room = 1, joined
    for width in widths:
        if width > room:
            count, room = count + 1, joined
        room -= width
    return count
