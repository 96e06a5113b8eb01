"""Segments as billed, against an independent count."""

import pytest
import smsutil
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.wording.segments import GSM_7, GSM_7_EXTENSION, size

NOT_IN_ORACLE = "\f\x1b"
"""The other library does not know the form feed, and takes a bare escape for a letter."""
GSM_LETTERS = "".join(sorted((GSM_7 | GSM_7_EXTENSION) - set(NOT_IN_ORACLE)))


def oracle(body: str) -> tuple[str, int]:
    split = smsutil.split(body)
    return ("GSM-7" if split.encoding == "gsm0338" else "UCS-2", max(1, len(split.parts)))


@given(st.text(alphabet=GSM_LETTERS, min_size=1, max_size=700))
@example("a" * 160)
@example("a" * 161)
@example("a" * 152 + "€" + "a" * 152)
def test_gsm_7_texts_take_as_many_segments_as_another_library_counts(body):
    assert size(body) == oracle(body)


@given(st.text(alphabet=st.characters(exclude_characters=NOT_IN_ORACLE), min_size=1, max_size=400))
@example("\N{THUMBS UP SIGN}" * 35)
@example("\N{THUMBS UP SIGN}" * 36)
@example("ç" * 70)
@example("a" * 66 + "\N{THUMBS UP SIGN}" * 2)
def test_all_other_texts_do_too(body):
    assert size(body) == oracle(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ("GSM-7", 1)),
        ("a" * 160, ("GSM-7", 1)),
        ("a" * 306, ("GSM-7", 2)),
        ("a" * 307, ("GSM-7", 3)),
        ("[" * 80, ("GSM-7", 1)),
        ("ŵ" * 70, ("UCS-2", 1)),
        ("ŵ" * 134, ("UCS-2", 2)),
    ],
)
def test_the_limits(body, expected):
    assert size(body) == expected
