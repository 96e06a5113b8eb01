"""A password that somebody who knows where we work would try first is refused."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "word",
    ["Radiology2026!", "ScanFinder2026", "B00kingDesk!!", "nhs-lancashire-1", "Welcome2Furness",
     "Pa$$w0rd2026!!", "Imaging.Network", "Barrow-in-Furness", "spring-2026-spring",
     "LancashireScans1"],
)  # fmt: skip
def test_words_of_the_service_and_little_more_are_refused(word):
    with pytest.raises(ValidationError, match="words of this service"):
        validate_password(word)


@pytest.mark.parametrize(
    "word",
    ["a-long-password-2026-with-more", "my own long phrase 7", "horse scan battery staple",
     "correct horse battery staple", "qx7-vbn-31k-zzt", "Ärger über Regenwetter"],
)  # fmt: skip
def test_a_phrase_of_ones_own_may_have_such_a_word_in_it(word):
    validate_password(word)


def test_the_networks_own_name_counts(settings):
    settings.ORGANISATION_NAME = "Wyre Valley Scans"
    with pytest.raises(ValidationError, match="words of this service"):
        validate_password("WyreValley2026")
