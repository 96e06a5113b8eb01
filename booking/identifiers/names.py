"""Names as people say, hear and type them: how they are folded, and how alike two are.

Names here come from many languages. One folding in Python serves both databases, so that both give
the same answers: neither needs an extension that takes accents off.
"""

import re
import unicodedata
from functools import lru_cache

LONGEST_WORD = 40
"""Letters of one word of a name that are compared."""
MOST_WORDS = 12
"""Words of one name that are compared."""
_J_BEFORE = re.compile(r"j(?=[^aeiouy])")
"""A j before a consonant is half a vowel: Wojciech."""
LETTERS = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i",
    "ħ": "h", "ŋ": "n", "ŧ": "t", "ĸ": "k", "ə": "e",
})  # fmt: skip
"""Letters that Unicode does not take apart into a plain one and an accent."""
APOSTROPHES = str.maketrans(dict.fromkeys("'’‘`´ʼʻʹ′＇ʿʾ"))
"""Every sign that is typed for an apostrophe: O’Brian is one word."""
SMALL = frozenset({
    "al", "el", "ul", "ur", "ud", "bin", "ibn", "bint", "binti", "van", "von", "der", "den", "de",
    "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "ter", "ten", "zu", "af",
    "av", "y", "e",
})  # fmt: skip
"""Words that are said or left out as people like. Le and Do are family names, too."""
TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof"})
JOINED = frozenset({"mc", "mac", "o"})
"""What belongs to the word after it: Mac Donald, O Brian."""


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in small plain letters: O’Neill-Łuczak is oneill, luczak.

    Mc, Mac and O belong to the word after them; Mc is Mac. Titles are left out.
    """
    plain = name.casefold().translate(APOSTROPHES).translate(LETTERS)
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(one for one in apart if not unicodedata.combining(one))
    letters = "".join(one if one.isalnum() else " " for one in plain).split()
    words: list[str] = []
    for word in letters:
        if words and words[-1] in JOINED and len(word) > 1:
            word = words.pop() + word  # noqa: PLW2901
        words.append(word)
    words = [f"ma{word[1:]}" if word.startswith("mc") else word for word in words]
    named = [word for word in words if word not in TITLES] or words
    return tuple(word[:LONGEST_WORD] for word in named[:MOST_WORDS])


@lru_cache(maxsize=20_000)
def main_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without the small ones (Al, bin, van der), unless there are no others."""
    return tuple(word for word in words if word not in SMALL) or words


@lru_cache(maxsize=20_000)
def spelling(word: str) -> str:
    """Return one spelling of a word that has several: Mueller, Müller and Muller are muller."""
    for two, one in (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")):
        word = word.replace(two, one)
    return word


SOUNDS = (
    ("tsch", "k"), ("tch", "k"), ("sch", "s"), ("cz", "k"), ("ch", "k"), ("sh", "s"), ("sz", "s"),
    ("rz", "z"), ("ph", "f"), ("gh", "h"), ("kh", "k"), ("th", "t"), ("dh", "d"), ("ck", "k"),
    ("qu", "k"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("ge", "je"), ("gi", "ji"),
    ("x", "ks"), ("q", "k"), ("w", "v"), ("f", "v"), ("z", "s"),
)  # fmt: skip
"""Letters that sound alike, the longer ones first; a c that is left is a k, and so is a ch."""


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """Return how a word sounds: its consonants, those that are mistaken for one another as one.

    Clark and Clarke are klrk, Hussain and Hussein hsn, Mohammed and Muhamad mmd. A first vowel is
    an a. Words in other alphabets stay as they are.
    """
    if not word.isascii():
        return word
    heard = spelling(word)
    if heard[:2] in ("kn", "wr", "gn"):
        heard = heard[1:]
    for letters, one in SOUNDS:
        heard = heard.replace(letters, one)
    heard = _J_BEFORE.sub("", heard.replace("c", "k"))
    first, rest = heard[:1], heard[1:]
    kept = "a" if first in "aeiouy" else first
    before = first
    for letter in rest:
        if letter not in "aeiouyh" and letter != before:
            kept += letter
        before = letter
    return kept[:LONGEST_WORD]


def may_be_within(most: int, one: str, other: str) -> bool:
    """Return whether so few letters may differ: one look says no for nearly all names."""
    return (_letters(one) ^ _letters(other)).bit_count() <= 2 * most and (
        abs(len(one) - len(other)) <= most
    )


def edits(one: str, other: str, most: int = 2) -> int:
    """Return how many letters differ: one more, less, another, or two that changed places.

    Counts to `most`; what differs by more is `most` + 1 (optimal string alignment).
    """
    if not may_be_within(most, one, other):
        return most + 1
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if not one or not other:
        return min(len(one) + len(other), most + 1)
    earlier: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, there in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
        earlier, last = last, row
    return min(last[-1], most + 1)


@lru_cache(maxsize=50_000)
def _letters(word: str) -> int:
    """Return which letters a word has, as bits."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits
