"""Wrong passwords: slow for who guesses, and nobody who works here is kept out by them."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from booking.clerk import devices, password_check
from booking.limits import sign_in_tries
from booking.limits.hashing import Hashes, hashes
from booking.models import AuditEntry, SignInTries
from tests.booking.clerk.conftest import text
from tests.racing import at_once

PASSWORD = "a-long-password-2026"
MINUTE = timedelta(minutes=1)
COOKIE = settings.DEVICE_COOKIE_NAME


@pytest.fixture(autouse=True)
def _time_for_hashes(settings):
    """The clock stands still, and one minute has no time for all tries of a test."""
    settings.SIGN_INS_A_MINUTE = 10**6


@pytest.fixture
def carol(make_staff, trust, clock):
    return make_staff(username="carol", password=PASSWORD)


@pytest.fixture
def device(carol):
    return TOTPDevice.objects.create(user=carol.user, name="app", confirmed=True)


@pytest.fixture
def own_desk(device):
    """Carol's own browser, where she has signed in and out before."""
    browser = Client()
    assert password(browser).status_code == 302
    browser.post("/staff/sign-in/code/", {"code": f"{totp(device.bin_key):06}"})
    assert browser.get("/staff/desk/").status_code == 200
    browser.post("/staff/sign-out/")
    return browser


def password(browser, word=PASSWORD, name="carol"):
    return browser.post("/staff/sign-in/", {"username": name, "password": word})


def guess(times, name="carol", browser=None):
    """Guess from ever other addresses, as many machines would."""
    guess.made = getattr(guess, "made", 0)
    answers = []
    for _ in range(times):
        guess.made += 1
        spread = f"10.{guess.made // 65536}.{guess.made // 256 % 256}.{guess.made % 256}"
        answers.append(password(browser or Client(REMOTE_ADDR=spread), "wrong", name).status_code)
    return answers


@pytest.mark.parametrize("name", ["carol", "nobody-has-this"])
def test_after_five_wrong_ones_each_further_try_waits_longer(carol, clock, name):
    assert guess(6, name) == [400] * 5 + [429]
    waits = []
    for _ in range(7):
        locked = password(Client(), "wrong", name)
        assert locked.status_code == 429
        waits.append(int(locked["Retry-After"]) // 60)
        clock.shift(timedelta(seconds=int(locked["Retry-After"])))
        assert guess(1, name) == [400]
    assert waits == [1, 2, 5, 10, 15, 15, 15]
    clock.shift(timedelta(days=2))
    assert guess(6, name) == [400] * 5 + [429], "counted anew"


def test_the_page_says_how_long_and_what_to_do(carol, clock):
    guess(7)
    locked = password(Client())

    assert "for the next minute." in text(locked)
    assert "where you have signed in before, you can sign in now" in text(locked)
    clock.shift(MINUTE)
    guess(1)
    assert "for the next 2 minutes." in text(password(Client()))


def test_a_name_that_nobody_has_is_answered_alike(carol):
    def answer(name):
        said = password(Client(), "wrong", name)
        words = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text(said))
        return said.status_code, said.get("Retry-After"), words.replace(name, "NAME")

    real, made_up = ([answer(name) for _ in range(7)] for name in ("carol", "nobody-has-this"))

    assert real == made_up


def test_tries_while_it_is_locked_make_the_wait_no_longer(device, clock):
    guess(5)
    for _ in range(5):
        clock.shift(timedelta(seconds=10))
        assert guess(3) == [429] * 3
    clock.shift(timedelta(seconds=10))

    assert password(Client())["Location"] == "/staff/sign-in/code/"
    assert guess(5) == [400] * 5, "a right one forgets them"


def test_guesses_by_strangers_lock_nobody_out_at_their_own_desk(own_desk, device, clock):
    guess(6)
    assert password(Client(REMOTE_ADDR="192.0.2.7")).status_code == 429
    assert password(own_desk)["Location"] == "/staff/sign-in/code/"


def test_a_known_browser_has_its_own_count(own_desk, device, clock):
    assert guess(6, browser=own_desk) == [400] * 5 + [429]
    assert password(own_desk).status_code == 429
    assert password(Client())["Location"] == "/staff/sign-in/code/", "nor strangers by it"
    clock.shift(MINUTE)
    assert password(own_desk)["Location"] == "/staff/sign-in/code/"


def test_a_known_browser_is_known_for_its_own_names_alone(own_desk, make_staff, clock):
    make_staff(username="bob", password=PASSWORD)
    guess(6, "bob")

    assert password(own_desk, name="bob").status_code == 429


def test_the_cookie_opens_nothing_names_nobody_and_cannot_be_made(own_desk, device):
    cookie = own_desk.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["path"] == "/", "as a name with __Host- must have it"
    assert "carol" not in cookie.value
    thief = Client()
    thief.cookies[COOKIE] = cookie.value
    assert thief.get("/staff/desk/").status_code == 302
    guess(6)
    for forged in (cookie.value[:-2] + "xx", "x", "", cookie.value.partition(":")[0]):
        maker = Client()
        maker.cookies[COOKIE] = forged
        assert password(maker).status_code == 429


def test_a_password_alone_makes_no_browser_known(device, client):
    password(client)
    assert COOKIE not in client.cookies


def test_a_shared_desk_remembers_the_last_of_many(rf):
    request, cookies = rf.get("/staff/"), {}
    for number in range(devices.NAMES + 3):
        response = HttpResponse()
        request.COOKIES = cookies
        devices.remember(request, response, f"clerk{number}")
        cookies = {COOKIE: response.cookies[COOKIE].value}
    request.COOKIES = cookies
    known = [bool(devices.number_of(request, f"clerk{n}")) for n in range(devices.NAMES + 3)]
    assert known == [False] * 3 + [True] * devices.NAMES
    assert len(cookies[COOKIE]) < 2000


def test_a_name_in_other_letters_is_the_same_name(carol):
    assert guess(5) == [400] * 5
    assert [guess(1, name) for name in ("CAROL", "ｃarol")] == [[429], [429]]


def test_one_address_has_so_many_tries_for_all_names(device, own_desk, clock):
    here = Client(REMOTE_ADDR="192.0.2.7")
    names = [f"name{number}" for number in range(40)]
    answers = [password(here, "wrong", name).status_code for name in names]

    limit = sign_in_tries.OF_ADDRESS.times
    assert answers == [400] * limit + [429] * (40 - limit)
    assert not sign_in_tries.locked(names, now=timezone.now()), (
        "what is not looked at locks no name"
    )
    assert password(here).status_code == 429
    own_desk.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert password(own_desk).status_code == 302, "who is known there is not kept out"
    assert password(Client(REMOTE_ADDR="192.0.2.8")).status_code == 302
    clock.shift(15 * MINUTE)
    assert password(here).status_code == 302


def test_right_ones_use_up_no_tries_of_their_address(device):
    answers = {password(Client()).status_code for _ in range(sign_in_tries.OF_ADDRESS.times + 5)}
    assert answers == {302}
    assert SignInTries.objects.get().wrong == 0


def test_a_flood_is_refused_before_anything_is_hashed(device, own_desk, settings, clock):
    settings.SIGN_INS_A_MINUTE = 3
    hashes.forget()
    assert guess(3, "nobody-has-this") == [400] * 3
    audited = AuditEntry.objects.count()

    busy = password(Client(REMOTE_ADDR="192.0.2.7"))

    assert (busy.status_code, busy["Retry-After"]) == (429, "60")
    assert "We have not looked at what you typed" in text(busy)
    assert "Wait 60 seconds, then sign in again" in text(busy)
    assert AuditEntry.objects.count() == audited
    assert SignInTries.objects.filter(wrong__gt=0).count() == 1, "and is no wrong try"
    assert password(own_desk).status_code == 302, "who is known goes first"
    clock.shift(MINUTE)
    assert password(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_one_hash_runs_at_a_time_for_strangers(device, monkeypatch, clock):
    taken = Hashes()
    monkeypatch.setattr(password_check, "hashes", taken)
    with taken.one(is_known=False, now=timezone.now()):
        busy = password(Client())
        assert (busy.status_code, busy["Retry-After"]) == (429, "5")
    assert password(Client()).status_code == 302


def test_an_operator_unlocks_a_name_from_the_command_line(device, clock):
    guess(5)
    assert password(Client()).status_code == 429
    said = StringIO()

    call_command("unlock", "Carol", stdout=said)

    assert "carol can sign in from any computer" in said.getvalue()
    entry = AuditEntry.objects.get(action="account unlocked")
    assert (entry.actor, entry.detail) == ("command", {"user": device.user_id})
    assert guess(20) == [400] * 20, "whoever goes on guessing does not lock it again at once"
    assert password(Client())["Location"] == "/staff/sign-in/code/"
    clock.shift(31 * MINUTE)
    assert guess(6) == [400] * 5 + [429]


def test_it_unlocks_the_owners_own_browser_too(own_desk, clock):
    guess(6, browser=own_desk)
    call_command("unlock", "carol", stdout=StringIO())

    assert password(own_desk).status_code == 302


def test_a_name_that_nobody_has_is_not_unlocked(db):
    with pytest.raises(CommandError, match="no account nobody"):
        call_command("unlock", "nobody")


def test_who_is_switched_off_stays_out_and_the_command_says_so(carol):
    carol.user.is_active = False
    carol.user.save()
    said = StringIO()
    call_command("unlock", "carol", stdout=said)

    assert "switched off" in said.getvalue()


@pytest.mark.parametrize(("name", "word"), [("", "x"), ("carol", ""), ("", "")])
def test_what_is_left_empty_is_no_try(carol, name, word):
    assert password(Client(), word, name).status_code == 400
    assert not SignInTries.objects.exists()


def test_old_counts_are_dropped(carol, now, clock):
    guess(6)
    sign_in_tries.drop_old(now=now + timedelta(hours=23))
    assert SignInTries.objects.exists()
    sign_in_tries.drop_old(now=now + timedelta(hours=25))
    assert not SignInTries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_counted_one_by_one(now):
    def begin():
        return sign_in_tries.begin("carol", "", now=now)

    made = at_once(*[begin] * 8, refusals=(sign_in_tries.TooManyTries,))

    refused = [one for one in made if isinstance(one, sign_in_tries.TooManyTries)]
    assert (len(made) - len(refused), len(refused)) == (5, 3)
    assert SignInTries.objects.get().wrong == 5
