"""Each door that lets staff in, gives something away or changes a setting writes it down.

A table of acts, and what the audit has of each: by page and by command. A command that stands in
neither table fails, so that a new one says whether it writes.
"""

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from booking.exchange.feeds.keys import create_key
from booking.management.commands.load_exams import FILE
from booking.models import AuditAction, AuditEntry, FeedKey, SecondFactor, Staff
from config.library_commands import REFUSED, refusal_of
from insights.measures import MEASURES
from sites.data import DATA
from tests.booking.clerk.conftest import text
from tests.booking.clerk.test_accounts import make, press, save

A = AuditAction
PASSWORD, OTHER = "a-long-password-2026", "another-long-one-2027"
TYPED = "Carol Ashworth 12 March"


class Doors:
    """One act a method, named for what the audit must have of it."""

    def __init__(self, sign_in, make_staff, now, folder):
        self.sign_in, self.now, self.folder = sign_in, now, folder
        self.carol = make_staff(username="carol", password=PASSWORD)
        self.browser = Client()

    def admin(self):
        return self.sign_in("network_admin", username="nina")

    def word(self, username="carol", word=PASSWORD):
        return self.browser.post("/staff/sign-in/", {"username": username, "password": word})

    def code(self):
        device = TOTPDevice.objects.create(user=self.carol.user, name="app", confirmed=True)
        return f"{totp(device.bin_key):06}"

    def run(self, *command):
        call_command(*command, stdout=StringIO(), stderr=StringIO())

    def sign_in_whole(self):
        code = self.code()
        self.word()
        self.browser.get("/staff/sign-in/code/")
        self.browser.post("/staff/sign-in/code/", {"code": code})

    def wrong_password(self):
        self.word(word="wrong")

    def wrong_password_when_locked(self):
        for _ in range(6):
            self.word(word="wrong")
        # The sixth is not looked at: whoever goes on trying cannot fill the audit.
        assert AuditEntry.objects.filter(action=A.SIGN_IN_FAILED).count() == 5

    def wrong_code(self):
        self.code()
        self.word()
        self.browser.post("/staff/sign-in/code/", {"code": "000000"})

    def unknown_name(self):
        self.word(username=TYPED)

    def sign_out(self):
        self.browser.force_login(self.carol.user)
        self.browser.post("/staff/sign-out/")

    def set_up(self):
        self.word()
        self.browser.get("/staff/sign-in/set-up/")
        code = f"{totp(bytes.fromhex(SecondFactor.objects.get().secret)):06}"
        self.browser.post("/staff/sign-in/set-up/", {"code": code})

    def new_codes(self):
        self.browser.force_login(self.carol.user)
        self.browser.post("/staff/recovery-codes/")

    def new_password(self):
        self.browser.force_login(self.carol.user)
        sent = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
        assert self.browser.post("/staff/password/", sent).status_code == 302

    def account(self):
        make(self.admin())

    def account_by_command(self):
        self.run("create_staff", "ada", "--role", "lead", "--trust", "RTX")

    def role(self):
        save(self.admin(), self.carol, role="lead")

    def button(self, do):
        press(self.admin(), self.carol, do)

    def unlock(self):
        for _ in range(5):
            self.word(word="wrong")
        self.button("unlock")

    def unlock_by_command(self):
        for _ in range(5):
            self.word(word="wrong")
        self.run("unlock", "carol")

    def key_by_page(self):
        admin, page = self.sign_in("trust_admin"), "/staff/feeds/RTX/keys/"
        seen = re.search(r'name="seen" value="([^"]+)"', text(admin.get(page)))[1]
        assert admin.post(page, {"kind": "key", "label": "PACS", "seen": seen}).status_code == 200

    def key_away_by_page(self):
        key = create_key("RTX", now=self.now).partition(".")[0]
        self.sign_in("trust_admin").post(f"/staff/feeds/keys/{key}/revoke", {"sure": "yes"})

    def key_away(self):
        create_key("RTX", now=self.now)
        self.run("revoke_feed_key", FeedKey.objects.get().prefix)

    def file(self, address, role="lead", **sent):
        answer = self.sign_in(role).get(address, sent)
        assert answer.status_code == 200
        return b"".join(answer.streaming_content) if answer.streaming else answer.content

    def places_file(self):
        self.run("import_sites", str(DATA / "sites.csv"))

    def own_exams(self):
        path = self.folder / "own.csv"
        path.write_bytes(FILE.read_bytes())
        self.run("load_exams", str(path))

    def successor(self):
        self.run("set_successor", "RXN", "RTX", "--who", "the board", "--why", "merged")


MEASURE = next(one.code for one in MEASURES if "trust" in one.by)
BY_STAFF = {
    "signed in": (Doors.sign_in_whole, A.SIGNED_IN),
    "wrong password": (Doors.wrong_password, A.SIGN_IN_FAILED),
    "wrong password of a locked name": (Doors.wrong_password_when_locked, A.SIGN_IN_FAILED),
    "wrong code": (Doors.wrong_code, A.SIGN_IN_FAILED),
    "signed out": (Doors.sign_out, A.SIGNED_OUT),
    "second factor": (Doors.set_up, A.SECOND_FACTOR_SET),
    "first recovery codes": (Doors.set_up, A.RECOVERY_CODES_MADE),
    "signed in by setting up": (Doors.set_up, A.SIGNED_IN),
    "new recovery codes": (Doors.new_codes, A.RECOVERY_CODES_MADE),
    "new password": (Doors.new_password, A.PASSWORD_CHANGED),
    "new account": (Doors.account, A.ACCOUNT_MADE),
    "role": (Doors.role, A.ROLE_CHANGED),
    "switched off": (lambda doors: doors.button("off"), A.ACCOUNT_OFF),
    "switched on": (lambda doors: doors.button("on"), A.ACCOUNT_ON),
    "given a password": (lambda doors: doors.button("password"), A.PASSWORD_GIVEN),
    "second factor away": (lambda doors: doors.button("second"), A.SECOND_FACTOR_FORGOTTEN),
    "their trust's sign-in away": (lambda doors: doors.button("provider"), A.PROVIDER_FORGOTTEN),
    "unlocked": (Doors.unlock, A.UNLOCKED),
    "key": (Doors.key_by_page, A.KEY_MADE),
    "key away": (Doors.key_away_by_page, A.KEY_REVOKED),
    "sooner as a file": (lambda doors: doors.file("/staff/sooner/", **{"as": "csv"}), A.EXPORTED),
    "measure as a file": (
        lambda doors: doors.file(f"/staff/insights/m/{MEASURE}/csv/"), A.EXPORTED,
    ),
    "side by side as a file": (
        lambda doors: doors.file("/staff/insights/compare/csv/", measure=MEASURE), A.EXPORTED,
    ),
    "exams as a file": (lambda doors: doors.file("/staff/files/exams/export/"), A.EXPORTED),
}  # fmt: skip
BY_COMMAND = {
    "create_staff": (Doors.account_by_command, A.ACCOUNT_MADE),
    "create_feed_key": (lambda doors: doors.run("create_feed_key", "RTX"), A.KEY_MADE),
    "revoke_feed_key": (Doors.key_away, A.KEY_REVOKED),
    "set_feed": (lambda doors: doors.run("set_feed", "RTX", "--confirms"), A.FEED_SET),
    "set_feed --pull-off": (lambda doors: doors.run("set_feed", "RTX", "--pull-off"), A.FEED_SET),
    "set_feed --webhook": (
        lambda doors: doors.run("set_feed", "RTX", "--webhook", "https://trust.example/in"),
        A.WEBHOOK_SET,
    ),
    "set_feed --no-webhook": (
        lambda doors: doors.run("set_feed", "RTX", "--no-webhook"), A.WEBHOOK_STOPPED,
    ),
    "load_exams": (Doors.own_exams, A.EXAMS_PUBLISHED),
    "import_sites": (Doors.places_file, A.PLACES_SET),
    "export_exams": (
        lambda doors: doors.run("export_exams", str(doors.folder / "out.csv")), A.EXPORTED,
    ),
    "unlock": (Doors.unlock_by_command, A.UNLOCKED),
    "set_successor": (Doors.successor, A.SUCCESSOR_SET),
}  # fmt: skip
ELSEWHERE = {
    "export_dm01": "tests/insights/dm01/test_export.py",
    "insights_pack": "tests/insights/test_pack.py",
    "import_referrals": "tests/booking/referrals",
    "patient_export": "tests/booking/patients/test_personal_data.py",
    "patient_erase": "tests/booking/patients/test_personal_data.py",
    "purge": "tests/booking/patients/test_purging.py",
    "legal_hold": "tests/booking/patients/test_purging.py",
    "fence": "tests/notifications/test_fence.py",
    "restore": "tests/booking/restoring/test_restore.py",
}
"""Commands whose entry another file tests, where their scene is."""
GIVES_NOTHING_AWAY = {
    "audit_verify", "database_roles", "doctor", "rotate_keys", "backup", "after_restore",
    "check_alerts", "check_nobody_lost", "check_questions", "notifications",
    "demo_addresses", "feed_simulator", "seed_demo", "seed_insights", "load_places",
    "prepare", "load_areas", "load_dm01", "load_postcode_areas", "load_postcodes",
    "load_timetable", "export_road_network", "export_sites", "rebuild_measures",
}  # fmt: skip
"""Commands that count, check, run in a demo alone, load and write what is public, or leave what
they write on the server, sealed or not, beside the database itself."""


@pytest.fixture
def doors(sign_in, make_staff, now, tmp_path, monkeypatch, furness):
    monkeypatch.setattr("booking.exchange.writeback.call.check", lambda url: None)
    return Doors(sign_in, make_staff, now, tmp_path)


def written(action):
    return list(AuditEntry.objects.filter(action=action, patient=None).order_by("pk"))


@pytest.mark.parametrize(("act", "action"), BY_STAFF.values(), ids=BY_STAFF)
def test_each_door_of_staff_writes_who_did_it(doors, act, action):
    act(doors)

    found = written(action)
    assert found, action
    who = {one.actor for one in Staff.objects.all()}
    assert {one.actor for one in found} <= who
    assert PASSWORD not in str([one.detail for one in AuditEntry.objects.all()])


@pytest.mark.parametrize(("act", "action"), BY_COMMAND.values(), ids=BY_COMMAND)
def test_each_command_writes_that_it_was_one(doors, act, action):
    act(doors)

    assert [one.actor for one in written(action)] == ["command"]


def test_a_name_that_nobody_has_is_not_kept(doors):
    doors.unknown_name()

    [entry] = written(A.SIGN_IN_FAILED)
    assert (entry.actor, entry.detail) == ("nobody", {})
    kept = str(list(AuditEntry.objects.values()))
    assert TYPED not in kept
    assert "Ashworth" not in kept


def test_a_webhooks_address_and_secret_are_not_in_it(doors):
    doors.run("set_feed", "RTX", "--webhook", "https://trust.example/in?token=abc")

    assert "trust.example" not in str(written(A.WEBHOOK_SET)[0].detail)


def test_every_command_says_whether_it_writes():
    files = Path().glob("*/management/commands/*.py")
    commands = {one.stem for one in files if one.stem != "__init__"}
    writes = {name.partition(" ")[0] for name in BY_COMMAND}

    assert commands == writes | set(ELSEWHERE) | GIVES_NOTHING_AWAY


NOT_OURS = {
    "check", "collectstatic", "compilemessages", "createcachetable", "dbshell", "diffsettings",
    "findstatic", "generateschema", "inspectdb", "makemessages", "makemigrations", "migrate",
    "optimizemigration", "runserver", "sendtestemail", "shell", "showmigrations", "spectacular",
    "sqlflush", "sqlmigrate", "sqlsequencereset", "squashmigrations", "startapp", "startproject",
    "test", "testserver", "clearcimdapplications", "cleartokens",
    "clearsessions", "remove_stale_contenttypes",
}  # fmt: skip
"""Commands of libraries that give nobody anything, or are whoever owns the server's own."""


def test_commands_of_libraries_that_would_go_past_the_audit_are_refused():
    ours = {one.stem for one in Path().glob("*/management/commands/*.py")}

    assert set(get_commands()) - ours == NOT_OURS | set(REFUSED)
    refused = subprocess.run(
        [sys.executable, "manage.py", "dumpdata"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "dumpdata would not stand in the audit" in refused.stderr
    assert refusal_of(["manage.py", "create_staff"]) == refusal_of(["manage.py"]) == ""


def test_every_view_that_sends_a_file_writes_in_the_same_file():
    """A patient's own calendar file, and what trusts' systems read, have audits of their own."""
    sends = re.compile(r"csv_download\(|Content-Disposition")
    writes = re.compile(r"audit\.write_(export|listed)\(")
    own = {"booking/patient/appointment_views.py", "booking/pages/csv_download.py"}
    for one in [*Path("booking").rglob("*.py"), *Path("insights").rglob("*.py")]:
        source = one.read_text()
        if sends.search(source) and str(one) not in own:
            assert writes.search(source), one
