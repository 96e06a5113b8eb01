"""Who signed in at a trust's provider is who they were there before, whatever their address."""

import pytest

from booking.changes import provider_accounts
from booking.changes.provider_accounts import NotLinked
from booking.models import AuditAction, AuditEntry, ProviderAccount

HERE, THERE = "https://sign-in.example", "https://other.example"
EMAIL = "bob@nhs.example"


@pytest.fixture
def bob(make_staff, trust):
    return with_email(make_staff(username="bob"))


def with_email(staff, email=EMAIL):
    staff.user.email = email
    staff.user.save()
    return staff


def test_the_first_time_is_by_address_and_written_down(bob, now):
    assert provider_accounts.user_of(HERE, "17", EMAIL.upper(), now=now) == bob.user

    (kept,) = ProviderAccount.objects.all()
    assert (kept.staff, kept.issuer, kept.subject, kept.linked_at) == (bob, HERE, "17", now)
    (entry,) = AuditEntry.objects.filter(action=AuditAction.PROVIDER_LINKED)
    assert (entry.actor, entry.detail) == (str(bob.actor), {"user": bob.pk})


@pytest.mark.parametrize("email", ["", "else@nhs.example", EMAIL])
def test_from_then_on_no_address_counts(bob, make_staff, now, email):
    provider_accounts.user_of(HERE, "17", EMAIL, now=now)
    with_email(bob, "robert@nhs.example")
    with_email(make_staff(username="carol"), email)

    assert provider_accounts.user_of(HERE, "17", email, now=now) == bob.user
    assert ProviderAccount.objects.count() == 1


def test_the_same_number_at_two_providers_is_two_people(bob, make_staff, now):
    carol = with_email(make_staff(username="carol"), "carol@nhs.example")

    assert provider_accounts.user_of(HERE, "17", EMAIL, now=now) == bob.user
    assert provider_accounts.user_of(THERE, "17", "carol@nhs.example", now=now) == carol.user
    assert provider_accounts.user_of(HERE, "17", "", now=now) == bob.user
    with pytest.raises(NotLinked):
        provider_accounts.user_of("https://third.example", "17", "", now=now)


def test_one_person_may_have_two_providers_and_one_number_at_each(bob, now):
    provider_accounts.user_of(HERE, "17", EMAIL, now=now)

    assert provider_accounts.user_of(THERE, "x", EMAIL, now=now) == bob.user
    with pytest.raises(NotLinked, match="another person"):
        provider_accounts.user_of(HERE, "18", EMAIL, now=now)


def test_numbers_are_told_apart_letter_by_letter(bob, now):
    provider_accounts.user_of(HERE, "aB", EMAIL, now=now)

    with pytest.raises(NotLinked):
        provider_accounts.user_of(HERE, "ab", "", now=now)


@pytest.mark.parametrize("subject", [None, 17, "", "x" * 256, "a\x00b", ["17"]])
def test_who_is_nobody_there_is_nobody_here(bob, now, subject):
    with pytest.raises(NotLinked):
        provider_accounts.user_of(HERE, subject, EMAIL, now=now)


def test_an_address_of_two_accounts_is_nobodys(bob, make_staff, now):
    with_email(make_staff(username="carol"))

    with pytest.raises(NotLinked, match="2 accounts"):
        provider_accounts.user_of(HERE, "17", EMAIL, now=now)


@pytest.mark.parametrize("linked_before", [True, False])
def test_an_account_that_is_off_opens_to_nobody(bob, now, linked_before):
    if linked_before:
        provider_accounts.user_of(HERE, "17", EMAIL, now=now)
    bob.user.is_active = False
    bob.user.save()

    with pytest.raises(NotLinked):
        provider_accounts.user_of(HERE, "17", EMAIL, now=now)


def test_two_first_times_at_once_are_one(bob, now, monkeypatch):
    """The other request wrote it down between our look and our writing."""
    looks = []

    def late(issuer, subject):
        looks.append(1)
        return None if len(looks) == 1 else bob.user

    provider_accounts.user_of(HERE, "17", EMAIL, now=now)
    monkeypatch.setattr(provider_accounts, "_linked", late)

    assert provider_accounts.user_of(HERE, "17", EMAIL, now=now) == bob.user
    assert ProviderAccount.objects.count() == 1
