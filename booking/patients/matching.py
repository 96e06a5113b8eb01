"""How well a patient fits what was said, and why: one function, whatever database found them."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from booking.identifiers.likeness import LIKELY, Likeness, Way, words_likeness
from booking.identifiers.names import words_of
from booking.identifiers.slips import days_near
from booking.models import Patient
from booking.models.name_word import former_of
from booking.patients.candidates import By, Candidate
from booking.patients.said import Said, spellings_of

NUMBERS = {
    By.CODE: ("same code", 4.0),
    By.NHS_NUMBER: ("same NHS number", 4.0),
    By.PHONE: ("same phone", 3.0),
}
"""What fits exactly: its words, and what it counts."""
ONE_LETTER = ("code with one letter different", 2.5)
NAMES = {
    Way.SAME: "same name",
    Way.SPELLING: "same name, spelled another way",
    Way.SOUND: "name sounds like it",
    Way.LETTERS: "name is like it",
    Way.PART: "part of the name is like it",
}
NAME, SAME_DAY, NEAR_DAY, POSTCODE = 2.0, 2.0, 1.2, 1.0
"""What each counts beside the others; a name as much of it as it is alike."""


@dataclass(frozen=True)
class Match:
    """A patient who may be meant: why, in plain words, and how well they fit.

    `is_exact` if all that was said is theirs, and enough was said to open them.
    """

    candidate: Candidate
    why: tuple[str, ...]
    score: float
    is_exact: bool
    is_same_day: bool = False
    is_same_postcode: bool = False

    @cached_property
    def patient(self) -> Patient:
        """The patient."""
        return self.candidate.patient()


class Comparison:
    """What was said, beside one patient after the other."""

    def __init__(self, said: Said, today: date) -> None:
        """Work out once what every patient is compared with."""
        self.said = said
        self.days = days_near(said.born, today) if said.born else {}
        self.postcodes = spellings_of(said.postcode) if said.postcode else ()
        kinds = {By.CODE: said.code or said.codes, By.NHS_NUMBER: said.nhs_number,
                 By.PHONE: said.phone}  # fmt: skip
        self.numbers = {by for by, typed in kinds.items() if typed}

    def match(self, candidate: Candidate) -> Match | None:
        """Return how this patient fits, None if not well enough to be shown."""
        likeness, before = self._likeness(candidate) if self.said.words else (None, "")
        is_like = likeness is not None and likeness.score >= LIKELY
        numbers = self._numbers(candidate) if self.said.is_number else []
        if likeness and not is_like and not numbers:
            return None  # nearly all of those who have the same birthday
        why, score = [words for words, _ in numbers], sum(counts for _, counts in numbers)
        is_exact = self.numbers <= candidate.by and bool(
            self.numbers or (self.said.words and self.said.born)
        )
        if likeness:
            now_is = NAMES[likeness.way] if is_like else "another name"
            why.append(f"was {before}" if before else now_is)
            score += NAME * likeness.score if is_like else 0
            # Who has the name now is meant before who had it.
            is_exact = is_exact and not before and self._is_named(candidate, likeness)
        is_same_day = candidate.born == self.said.born
        if self.said.born and not is_same_day:
            near = self.days.get(candidate.born)
            why.append(near or "another birthday")
            score += NEAR_DAY if near else 0
            is_exact = False
        elif is_same_day:
            why.append("same birthday")
            score += SAME_DAY
        is_there = bool(self.postcodes) and candidate.postcode.upper() in self.postcodes
        if self.postcodes:
            why.append("same postcode" if is_there else "another postcode")
            score += POSTCODE if is_there else 0
            is_exact = is_exact and is_there
        return Match(candidate, tuple(why), score, is_exact, is_same_day, is_there)

    def _numbers(self, candidate: Candidate) -> list[tuple[str, float]]:
        fits = [said for by, said in NUMBERS.items() if by in candidate.by]
        if By.CODE_NEAR in candidate.by and By.CODE not in candidate.by:
            fits.append(ONE_LETTER)
        return fits

    def _likeness(self, patient: Candidate) -> tuple[Likeness, str]:
        """Return how like the name is, and which name it is if it is one from before."""
        now_is = self._like(patient.given_name, patient.family_name)
        best, before = now_is, ""
        for given, family in former_of(patient.former_names, patient):
            likeness = self._like(given, family)
            if likeness.score >= LIKELY and likeness.score > best.score:
                best, before = likeness, f"{given} {family}"
        return best, before

    def _like(self, given: str, family: str) -> Likeness:
        return words_likeness(self.said.words, words_of(given), words_of(family))

    def _is_named(self, patient: Candidate, likeness: Likeness) -> bool:
        """Whether the whole family name was said, and nothing that is not in the name."""
        whole = patient.family_key in self.said.keys
        return whole and likeness.way >= Way.SPELLING
