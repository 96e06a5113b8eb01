"""Sizes of what is written and drawn, in pixels of the map at its intended width."""

from functools import lru_cache

PIN = 24.0
"""Height of a pin: the smallest that a finger hits (WCAG 2.2, 2.5.8)."""
PIN_GAP = 2.0
RING, RING_AROUND_PIN = 8.0, 17.0
"""Radius of the ring where somebody starts, and where a pin stands there."""
TEXT = 12.0
"""Height of a name. static/app.css has the same."""
_NARROW, _WIDE = set("fijlrtI'., -"), set("mwMWABCDGHKNOPQRU")


@lru_cache(maxsize=1024)
def text_wide(text: str, height: float = TEXT) -> float:
    """Return how wide a name in Arial is, rather more than less."""
    ems = sum(0.34 if one in _NARROW else 0.8 if one in _WIDE else 0.57 for one in text)
    return ems * height


def digits_wide(text: str) -> float:
    """Return how wide what stands in a pin is, in bold."""
    return text_wide(text, 13.0) * 1.05
