"""Says what the file tells a patient to somebody who answers for them.

A question has words of its own for that (Question.for_other). What follows from an answer is
written once, to the patient: here "you" becomes the patient's name wherever it means the patient,
and stays where it means whoever reads the page ("a person may phone you"). What reads wrong so is
mended in the file: a sentence with "you" in it, and no order ("Keep taking your tablets").
"""

import re

_READER = re.compile(
    r"\b(?:phone|phones|phoned|show|shows|tell|tells|text|texts)$|(?<!how\sto\s)\btalk\s+with$|\bit\s+with$"
)
"""What stands before "you" where it is whoever reads the page."""
_VERBS = {"are": "is", "have": "has", "need": "needs", "take": "takes", "were": "was", "do": "does",
          "feel": "feels", "use": "uses", "want": "wants", "weigh": "weighs"}  # fmt: skip
"""Verbs that change with who does it; "may", "must", "should", "had" and "can" do not."""
_YOU = re.compile(r"\b(you|your)\b(?:(\s+)(\w+))?", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def told_to(words: str, name: str = "") -> str:
    """Return what a patient is told; with a name, as it is told to somebody who answers for them.

    The name stands once a sentence, and "they" after it; twice where "they" could be the staff.
    """
    if not name:
        return words
    return " ".join(_about(sentence, name) for sentence in _SENTENCE.split(words))


def _about(sentence: str, name: str) -> str:
    names_left = 2 if "staff" in sentence.lower() else 1

    def instead(found: re.Match[str]) -> str:
        nonlocal names_left
        word, space, following = found[1].lower(), found[2] or "", found[3] or ""
        if word == "you" and _READER.search(sentence[: found.start()].rstrip()):
            return found[0]
        names_left -= 1
        by_name = names_left >= 0
        if word == "your":
            return f"{name if by_name else 'their'}{'’s' if by_name else ''}{space}{following}"
        if by_name:
            return f"{name}{space}{_VERBS.get(following, following)}"
        is_subject = following in _VERBS or following in ("may", "must", "should", "had", "can")
        return f"{'they' if is_subject else 'them'}{space}{following}"

    return _YOU.sub(instead, sentence)
