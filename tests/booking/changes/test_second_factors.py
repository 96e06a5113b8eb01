"""Second factors: nobody reads one from a copy of the database, and each code is right once."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from booking.changes import rotation, second_factors
from booking.models import RecoveryCode, SecondFactor
from sealed.fields import EncryptedText
from sealed.keys import KeyMissing
from tests.racing import Rival, only_postgresql

SECRET = "3132333435363738393031323334353637383930"
OLD, NEWER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def carol(make_staff, trust, now):
    with time_machine.travel(now, tick=False):
        yield make_staff(username="carol").user


@pytest.fixture
def app(carol):
    return SecondFactor.objects.create(user=carol, secret=SECRET, confirmed=True)


def code_at(_now):
    return f"{totp(bytes.fromhex(SECRET), drift=0):06}"


def kept(column="secret", table="booking_secondfactor"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def test_the_database_keeps_no_secret_and_no_code(carol, app, now):
    codes = second_factors.new_recovery_codes(carol, now=now)

    assert SECRET not in kept()[0]
    assert kept()[0].startswith("gAAAA")
    assert SecondFactor.objects.get().secret == SECRET
    hashes = kept("code_hash", "booking_recoverycode")
    assert len(set(hashes)) == 8
    assert not any(code in one for code in codes for one in hashes)
    assert all(len(code) == 16 for code in codes), "80 bits"


def test_the_same_code_of_two_people_is_kept_as_two(carol, make_staff):
    other = make_staff(username="bob").user

    assert RecoveryCode.hash_of(carol, "abcd") != RecoveryCode.hash_of(other, "abcd")


def test_a_code_is_hashed_by_the_networks_key(carol, settings):
    before = RecoveryCode.hash_of(carol, "abcd")
    settings.NUMBER_HASH_KEY = "another"

    assert RecoveryCode.hash_of(carol, "abcd") != before


def test_nobody_looks_for_what_is_encrypted(app):
    with pytest.raises(FieldError):
        SecondFactor.objects.filter(secret=SECRET)
    assert SecondFactor.objects.filter(secret__isnull=False).exists()


def test_a_code_of_the_app_is_right_once(carol, app, now):
    code = code_at(now)

    assert second_factors.is_right(carol, code, now=now)
    assert not second_factors.is_right(carol, code, now=now)


def test_a_recovery_code_is_right_once_and_only_its_owners(carol, app, make_staff, now):
    other = make_staff(username="bob").user
    SecondFactor.objects.create(user=other, secret="00" * 20, confirmed=True)
    code, second, *_ = second_factors.new_recovery_codes(carol, now=now)

    assert not second_factors.is_right(other, code, now=now)
    assert second_factors.is_right(carol, code, now=now)
    assert not second_factors.is_right(carol, code, now=now)
    SecondFactor.objects.get(user=carol).throttle_reset()
    assert second_factors.is_right(carol, second, now=now)
    assert second_factors.codes_left(carol).count() == 6


def test_after_a_wrong_code_the_right_one_waits(carol, app, now):
    assert not second_factors.is_right(carol, "000000", now=now)

    assert not second_factors.is_right(carol, code_at(now), now=now)
    with time_machine.travel(now + timedelta(seconds=2), tick=False):
        assert second_factors.is_right(carol, code_at(now), now=now + timedelta(seconds=2))


def test_an_app_that_is_being_set_up_opens_nothing(carol, now):
    factor = second_factors.begin(carol)
    assert second_factors.begin(carol).secret == factor.secret
    code = f"{totp(bytes.fromhex(factor.secret)):06}"

    assert not second_factors.has_one(carol)
    assert not second_factors.is_right(carol, code, now=now)
    assert len(second_factors.confirm(carol, code, now=now)) == 8
    assert second_factors.has_one(carol)
    assert second_factors.confirm(carol, code, now=now) == [], "it was set up already"


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_recovery_code_one_gets_in(trust, make_staff, now, monkeypatch):
    user = make_staff(username="carol").user
    SecondFactor.objects.create(user=user, secret=SECRET, confirmed=True)
    code = second_factors.new_recovery_codes(user, now=now)[0]
    use, rivals = second_factors._use, []

    def use_while_the_other_tries(*args):
        if not rivals:
            rivals.append(Rival(lambda: second_factors.is_right(user, code, now=now)))
            rivals[0].wait_until_done_or_blocked()
        return use(*args)

    monkeypatch.setattr(second_factors, "_use", use_while_the_other_tries)

    assert second_factors.is_right(user, code, now=now)
    assert rivals[0].result() is False


@pytest.fixture
def of_before(carol):
    device = TOTPDevice.objects.create(user=carol, name="app", confirmed=True, key=SECRET)
    recovery = StaticDevice.objects.create(user=carol, name="recovery")
    StaticToken.objects.bulk_create(
        StaticToken(device=recovery, token=token) for token in ("abcdefgh", "ijklmnop")
    )
    return device


def test_what_was_kept_in_clear_is_taken_over_once_and_is_right_nowhere_else(carol, of_before, now):
    assert second_factors.has_one(carol), "nobody is let set up another one meanwhile"

    assert second_factors.take_over(carol, now=now)

    assert not second_factors.take_over(carol, now=now)
    assert SECRET not in kept("key", "otp_totp_totpdevice")[0]
    assert TOTPDevice.objects.filter(user=carol, confirmed=True).exists(), "still asked for there"
    assert not StaticToken.objects.exists()
    assert second_factors.is_right(carol, code_at(now), now=now)
    assert second_factors.is_right(carol, "abcdefgh", now=now)
    assert not second_factors.is_right(carol, "abcdefgh", now=now)


def test_a_code_that_was_used_before_stays_used(carol, of_before, now):
    assert of_before.verify_token(code_at(now))

    second_factors.take_over(carol, now=now)

    assert not second_factors.is_right(carol, code_at(now), now=now)


def test_signing_in_takes_over(client, of_before, carol, now):
    carol.set_password("a-long-horse-2026")
    carol.save()

    answer = client.post("/staff/sign-in/", {"username": "carol", "password": "a-long-horse-2026"})

    assert answer["Location"] == "/staff/sign-in/code/"
    assert client.post("/staff/sign-in/code/", {"code": "ABCD EFGH"}).status_code == 302


def test_what_is_forgotten_does_not_come_back_from_before(carol, of_before, now):
    second_factors.forget(carol, now=now)

    assert not second_factors.has_one(carol)
    assert not second_factors.take_over(carol, now=now)


def rotate():
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


def test_the_command_takes_over_what_is_left(of_before):
    assert "second factors kept in clear before: 1 taken over" in rotate()
    assert SecondFactor.objects.get().secret == SECRET


def test_keys_are_changed_and_the_old_one_goes_out(make_staff, trust, settings, monkeypatch):
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 2)
    settings.FIELD_KEYS = [OLD]
    for number in range(5):
        user = make_staff(username=f"s{number}").user
        SecondFactor.objects.create(user=user, secret=f"{number:040}")
    settings.FIELD_KEYS = [NEWER, OLD]
    by_newer = make_staff(username="new").user
    SecondFactor.objects.create(user=by_newer, secret=SECRET)

    said = rotate()

    assert "booking.SecondFactor.secret: 2 of 6, 2 written anew" in said
    assert "booking.SecondFactor.secret: 6 of 6, 5 written anew" in said
    assert "6 of 6, 0 written anew" in rotate(), "begun again it has nothing to do"
    settings.FIELD_KEYS = [NEWER]
    secrets = set(SecondFactor.objects.values_list("secret", flat=True))
    assert secrets == {SECRET, *(f"{number:040}" for number in range(5))}


def test_a_row_that_somebody_changes_meanwhile_is_theirs(app, settings, monkeypatch):
    settings.FIELD_KEYS = [NEWER, *settings.FIELD_KEYS]
    opened = EncryptedText.opened

    def change_meanwhile(field, kept):
        SecondFactor.objects.update(secret="11" * 20)
        return opened(field, kept)

    with monkeypatch.context() as patch:
        patch.setattr(EncryptedText, "opened", change_meanwhile)
        assert "SecondFactor.secret: 1 of 1, 0 written anew" in rotate()
    assert SecondFactor.objects.get().secret == "11" * 20


def test_a_key_that_is_missing_is_said(app, settings):
    settings.FIELD_KEYS = [NEWER]

    with pytest.raises(KeyMissing):
        assert SecondFactor.objects.get().secret
    with pytest.raises(CommandError, match="Put the key before it back"):
        rotate()


def test_a_new_key_is_a_key():
    said = StringIO()
    call_command("rotate_keys", "--new", stdout=said)

    Fernet(said.getvalue().strip())
