"""How a patient's own words are read: one order and one code, or left for a person.

A time is given up only for a whole reply that says so and nothing else: CANCEL in a question, a
quotation or a second thought is none. YES is read in more of what people write, because it takes
nothing from anybody; whatever else stands beside it is for a clerk to read.
"""

import re
from typing import NamedTuple

from notifications import reply_words as words

LONGEST_BODY = 1600
"""Characters of one text that Twilio hands on; what is longer is cut."""
COMMANDS = (
    "yes", "cancel", "no", "change", "sooner", "later", "help", "stop", "start", "thanks",
    "unclear",
)  # fmt: skip
UNCLEAR = "unclear"
LOWEST_CODE = 3200
"""No code is lower, so that none looks like a time of day, a day of a month or a year."""
LONGEST_YES = 40
"""Words. More than that is a letter, and somebody should read it first."""

MISTYPED_CODE = re.compile(r"\b(?=[oil]*\d[oil]*\d)(?=\d*[oil])[\doil]{4}\b")
DIGITS_TYPED_AS_LETTERS = str.maketrans("oil", "011")
"""A code in which somebody typed a letter for a digit: "YES 75O7". At least two are digits."""

QUOTED = re.compile(
    r"^[ \t]*(?:>[^\n]*|on [^\n]{5,80} wrote:[ \t]*|-{2,} ?original (?:message|text)[^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
"""Lines of an older text that a phone put into the answer, and the line above them."""
WHOLE_ORDERS = (
    ("cancel", words.CANCEL),
    ("no", words.NO),
    ("change", words.CHANGE),
    ("sooner", words.SOONER),
    ("later", words.LATER),
    ("help", words.HELP),
    ("stop", words.STOP),
    ("start", words.START),
)


class Reading(NamedTuple):
    """How a body was read. `command` is one of COMMANDS: "unclear" if it is not one order.

    `more`: a yes that says something else too, which somebody should read.
    """

    command: str
    code: str
    more: bool = False


def read(body: str) -> Reading:
    """Return the order in a reply and the four digits that it names, empty if none.

    Capitals, accents, full-width letters, invisible signs, digits of any script, punctuation,
    politeness, a phone's signature and quoted lines do not matter. A question is never an order,
    but for "help?".
    """
    own = _with_words_for_pictures(words.fold(QUOTED.sub(" ", body[:LONGEST_BODY])))
    parts = _parts(own)
    numbers = list(dict.fromkeys(part for part in parts if part.isdecimal()))
    code, spare = _code_of(numbers)
    said = [part for part in parts if not part.isdecimal()]
    order = " ".join(part for part in said if part not in words.POLITE)
    if "?" in own:
        asks_for_help = not spare and words.HELP.fullmatch(order)
        return Reading("help" if asks_for_help else UNCLEAR, code)
    if not spare:
        for command, pattern in WHOLE_ORDERS:
            if pattern.fullmatch(order):
                return Reading(command, code)
    return _yes_or_thanks(said, code, spare)


def _yes_or_thanks(said: list[str], code: str, spare: bool) -> Reading:
    """Read what is none of the orders that stand alone."""
    plain = words.NO_PROBLEM.sub("no_problem", " ".join(said))
    if words.YES.search(plain) and not words.DOUBT.search(plain):
        rest = set(words.YES.sub(" ", plain).split()) - words.POLITE
        more = spare or not words.AROUND_YES.issuperset(rest)
        if not more or (code and len(said) <= LONGEST_YES):
            return Reading("yes", code, more)
    others = set(said) - words.POLITE
    thanked = not words.THANKS.isdisjoint(said) and words.AROUND_THANKS.issuperset(others)
    return Reading("thanks" if thanked and not spare else UNCLEAR, code)


def _with_words_for_pictures(text: str) -> str:
    for word, pictures in words.PICTURES.items():
        text = re.sub(f"[{pictures}]", f" {word} ", text)
    return text


def _parts(own: str) -> list[str]:
    """Return the words and numbers of a folded text, without a phone's signature."""
    # "I'll" is one word; a dictated "7,567" is one number.
    plain = re.sub(r"[\u2018\u2019'`\u00b4]", "", own)
    plain = re.sub(r"(?<!\d)(\d),(\d{3})(?!\d)", r"\1\2", plain)
    plain = re.sub(r"[\W_]+", " ", plain)
    plain = MISTYPED_CODE.sub(lambda code: code[0].translate(DIGITS_TYPED_AS_LETTERS), plain)
    # "YES7567" is what a thumb makes of "YES 7567".
    plain = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", plain)
    plain = words.SIGNATURE.sub("", plain.strip())
    return _spoken_digits(words.THANK_YOU.sub("thankyou", plain).split())


def _spoken_digits(parts: list[str]) -> list[str]:
    """Return the parts with four digits in words, no more and no fewer, as a number."""
    read: list[str] = []
    run: list[str] = []
    for part in [*parts, ""]:
        if part in words.SPOKEN:
            run.append(part)
            continue
        if run:
            read += ["".join(words.SPOKEN[one] for one in run)] if len(run) == 4 else run
            run = []
        read.append(part)
    return read[:-1]


def _code_of(numbers: list[str]) -> tuple[str, bool]:
    """Return the one number that can be a code, and whether there are other numbers.

    Beside a code, people write times, days and phone numbers; of two that could be codes
    neither counts.
    """
    four = [number for number in numbers if len(number) == 4]
    if len(four) > 1:
        four = [number for number in four if int(number) >= LOWEST_CODE]
    code = four[0] if len(four) == 1 else ""
    return code, len(numbers) > bool(code)
