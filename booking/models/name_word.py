"""The words of patients' names, as a caller is found by them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from django.db import models

from booking.identifiers.names import main_words, sound, words_of

if TYPE_CHECKING:
    from booking.models.patient import Patient

AT_ONCE = 1_000
"""Rows that one statement writes."""


class _Named(Protocol):
    @property
    def given_name(self) -> str: ...


class NameWord(models.Model):
    """One word of a patient's name, now or before, how it sounds, and the date of birth.

    Written with the patient (booking.models.patient), and deleted with them. A family name of
    several words is here in one word, too: Smith-Jones is smith, jones and smithjones. `word` has
    an index of trigrams of its own (booking.patients.candidates).
    """

    patient = models.ForeignKey("booking.Patient", models.CASCADE, related_name="name_words")
    born = models.DateField()
    word = models.CharField(max_length=40)
    sound = models.CharField(max_length=40)

    class Meta:
        indexes = [
            models.Index(fields=["sound", "born"], name="name_word_by_sound"),
            models.Index(fields=["word", "born"], name="name_word_by_word"),
        ]


def words_kept(given_name: str, family_name: str) -> dict[str, str]:
    """Return the words that a patient is found by, each with its sound."""
    family = words_of(family_name)
    words = [*main_words(family), *main_words(words_of(given_name))]
    if len(family) > 1:
        words.append("".join(family)[:40])
    return {word: sound(word) for word in words}


def former_of(kept: str, patient: _Named) -> list[tuple[str, str]]:
    """Return (given, family) of each name before, as Patient.former_names keeps them."""
    pairs = (line.partition("\t") for line in kept.splitlines())
    return [(given or patient.given_name, family) for family, _, given in pairs]


def _all_words(patient: "Patient") -> dict[str, str]:
    """Return the words of the names that a patient has and had."""
    words = words_kept(patient.given_name, patient.family_name)
    for given, family in former_of(patient.former_names, patient):
        words |= words_kept(given, family)
    return words


def write_words(patients: Iterable["Patient"], using: str | None) -> None:
    """Write the words of patients that have none yet."""
    NameWord.objects.using(using).bulk_create(
        (
            NameWord(patient_id=patient.pk, born=patient.born, word=word, sound=heard)
            for patient in patients
            for word, heard in _all_words(patient).items()
        ),
        batch_size=AT_ONCE,
    )
