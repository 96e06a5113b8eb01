"""How alike two names are, and in what way: pure, and the same whatever database is behind it."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from booking.identifiers.names import edits, main_words, may_be_within, sound, spelling, words_of


class Way(IntEnum):
    """In what way two names are alike, the surest last."""

    NOT = 0
    PART = 1
    LETTERS = 2
    SOUND = 3
    SPELLING = 4
    SAME = 5


@dataclass(frozen=True)
class Likeness:
    """How alike two names are: 0 not at all to 1 the same, and in what way."""

    score: float
    way: Way


NOT_ALIKE = Likeness(0, Way.NOT)
GIVEN = 0.8
"""What a word counts that is in the given name, beside 1 in the family name: Janes are many."""
LIKELY = 0.5
"""From this score on, two names may be one person's."""


def name_likeness(said: str, given_name: str, family_name: str) -> Likeness:
    """Return how like a kept name is to a name as somebody said it, its words in any order.

    Every word that was said counts; words that were left out do not matter. Who is named by the
    family name alone, or has one name only, is as alike as who is named in full.
    """
    family, given = words_of(family_name), words_of(given_name)
    return words_likeness(words_of(said), given, family)


def words_likeness(
    said: tuple[str, ...], given: tuple[str, ...], family: tuple[str, ...]
) -> Likeness:
    """Return the same of names that are words already (booking.identifiers.names.words_of)."""
    wanted = main_words(said)
    if not wanted:
        return NOT_ALIKE
    if _run_together(said, given, family):
        return Likeness(1, Way.SAME if " ".join(family) in " ".join(said) else Way.SPELLING)
    left = [(word, 1.0) for word in family] + [(word, GIVEN) for word in given]
    score, ways = 0.0, []
    for word in wanted:
        best, way, where = 0.0, Way.NOT, -1
        for place, (kept, counts) in enumerate(left):
            found, how = word_likeness(word, kept)
            if found * counts > best:
                best, way, where = found * counts, how, place
        if where >= 0:
            left.pop(where)
        score += best
        ways.append(way)
    if score == 0:
        return NOT_ALIKE
    missed = Way.NOT in ways
    return Likeness(score / len(wanted), Way.PART if missed else min(ways))


@lru_cache(maxsize=20_000)
def word_likeness(said: str, kept: str) -> tuple[float, Way]:
    """Return how alike two words of names are, and in what way."""
    if said == kept:
        return 1, Way.SAME
    heard, there = sound(said), sound(kept)
    if heard == there:
        if spelling(said) == spelling(kept):
            return 0.97, Way.SPELLING
        return (0.9 if len(heard) > 1 else 0.7), Way.SOUND
    short, long = (said, kept) if len(said) <= len(kept) else (kept, said)
    if len(short) < 4:
        is_initial = len(short) == 1 and long[0] == short
        return (0.6, Way.PART) if is_initial else (0, Way.NOT)
    if long.startswith(short) or long.endswith(short):
        return 0.8, Way.PART  # Smithson, Alhussain
    most = 1 if len(short) < 6 else 2
    if may_be_within(most, said, kept) and (differ := edits(said, kept, most)) <= most:
        return 0.95 - 0.1 * differ, Way.LETTERS
    if heard[0] == there[0] and min(len(heard), len(there)) > 3 and edits(heard, there, 1) == 1:
        return 0.7, Way.SOUND
    return 0, Way.NOT


def _run_together(said: tuple[str, ...], given: tuple[str, ...], family: tuple[str, ...]) -> bool:
    """Whether both are the same letters, written in more words or fewer: Vanderberg."""
    letters = "".join(said)
    own, first = "".join(family), "".join(given)
    return bool(own) and letters in (own, first + own, own + first)
