"""What `make run` and `make test` decide, and say, before anything slow."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tools import browser, engines, environment
from tools import test as gate
from tools.environment import SetUpFailed, require_python
from tools.run import web_command
from tools.servers import Server
from tools.test import Helpers, Ran, Selection, closing_line

ROOT = Path(__file__).resolve().parents[2]


def run(tmp_path, **env):
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "run.py")],
        env={**os.environ, "VAR_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_said_in_a_line_and_the_run_ends(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path, PORT=str(port))

    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["x", "0", "70000", "²"])
def test_a_port_that_cannot_be_is_said_in_a_line(tmp_path, port):
    done = run(tmp_path, PORT=port)

    assert done.returncode == 1
    assert "Set it to a number from 1 to 65535" in done.stderr


def test_two_runs_in_one_folder_do_not_meet(tmp_path):
    import fcntl

    with (tmp_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(tmp_path, PORT="18999")

    assert done.returncode == 1
    assert "already runs in this folder" in done.stderr


def test_a_killed_process_of_the_web_server_is_no_end_of_the_service(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "static").mkdir()
    web = subprocess.Popen(
        [sys.executable, "-m", *web_command(port)],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until(lambda: answers(port), web)
        (first,) = processes_of(web)
        os.kill(first, signal.SIGKILL)
        _wait_until(lambda: processes_of(web) not in ([], [first]), web)
        _wait_until(lambda: answers(port), web)
    finally:
        web.terminate()
        web.wait(20)


def processes_of(web):
    """The processes that answer: those that the server started itself to serve."""
    asked = ["ps", "-o", "pid=,command=", "--ppid", str(web.pid)]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in said.splitlines() if "resource_tracker" not in line]


def answers(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _wait_until(true, web):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"the server itself ended: {web.wait(timeout=0.05)}")


def test_an_old_python_is_told_what_to_do():
    with pytest.raises(SetUpFailed, match=r"needs Python 3\.11 or newer.* is 3.9"):
        require_python((3, 9))
    require_python((3, 11))
    require_python((3, 14))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project whose set-up only writes down what it would run."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text("a==1\n")
    python = tmp_path / ".venv" / "bin" / "python"
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", python)
    ran = []

    def note(command, failure):
        ran.append("venv" if "venv" in command else "pip")
        python.parent.mkdir(parents=True, exist_ok=True)
        python.symlink_to(sys.executable) if not python.exists() else None

    monkeypatch.setattr(environment, "_run", note)
    return tmp_path, ran


def test_set_up_is_made_once_and_again_only_when_the_pins_change(folder):
    path, ran = folder

    environment.prepare(["base"])
    environment.prepare(["base"])
    assert ran == ["venv", "pip"]
    (path / "requirements" / "base.txt").write_text("a==2\n")
    environment.prepare(["base"])
    assert ran == ["venv", "pip", "pip"]


def test_a_set_up_that_was_stopped_half_way_is_finished(folder):
    path, ran = folder
    environment.prepare(["base"])
    (path / ".venv" / ".installed-base").unlink()

    environment.prepare(["base"])

    assert ran == ["venv", "pip", "pip"]


def test_a_broken_python_is_made_again(folder):
    path, ran = folder
    environment.prepare(["base"])
    broken = path / ".venv" / "bin" / "python"
    broken.unlink()
    broken.write_text("#!/bin/false\n")
    broken.chmod(0o755)
    (path / ".venv" / ".installed-base").unlink()

    environment.prepare(["base"])

    assert ran == ["venv", "pip", "venv", "pip"]


def test_the_closing_line_says_on_what_and_on_what_not():
    sqlite = Ran("SQLite", True, "3 passed")

    assert closing_line([sqlite], [], "Chromium 156", ["OSRM 26", "Valhalla 3"]) == (
        "Tested on SQLite (3 passed), against OSRM 26 and Valhalla 3, in Chromium 156."
    )
    assert closing_line([sqlite], ["PostgreSQL (none found or installed)"], None, []) == (
        "Tested on SQLite (3 passed). Not tested on: PostgreSQL (none found or installed)."
    )


@pytest.mark.parametrize(
    ("arguments", "is_browsed", "processes"),
    [
        ([], True, 3),
        (["-k", "desk"], True, 3),
        (["tests"], True, 3),
        (["tests/browser"], True, 3),
        (["tests/browser/test_desk.py::test_x", "-x"], True, 0),
        (["tests/tools/test_tools.py"], False, 0),
        (["tests/tools/test_tools.py::test_a", "tests/tools/test_tools.py::test_b"], False, 0),
        (["tests/tools/test_tools.py", "tests/config/test_logs.py"], False, 2),
        (["tests/config"], False, 3),
    ],
)
def test_only_what_the_tests_asked_for_need_is_got(arguments, is_browsed, processes, monkeypatch):
    monkeypatch.setattr(gate.os, "cpu_count", lambda: 2)
    selection = Selection.of(arguments)

    assert selection.touches("tests/browser") is is_browsed
    assert selection.processes() == processes


@pytest.mark.parametrize(
    ("arguments", "has_postgresql", "left_out"),
    [
        ([], True, ["browser", "no-database"]),
        (["-x"], True, ["browser", "no-database"]),
        ([], False, [None]),
        (["tests/browser"], True, [None, None]),
    ],
)
def test_what_is_of_no_database_is_run_once_and_nothing_never(
    arguments, has_postgresql, left_out, monkeypatch
):
    server = Server("postgres://x", "PostgreSQL 15") if has_postgresql else None
    ran = []

    def note(on, extra, path, command):
        ran.append(command[command.index("--leave-out") + 1] if "--leave-out" in command else None)
        return Ran(on, True, "1 passed")

    monkeypatch.setattr(gate, "prepare", lambda pins: None)
    monkeypatch.setattr(gate, "get_helpers", lambda selection: Helpers(None, [], []))
    monkeypatch.setattr(gate.servers, "postgresql", lambda stack: server)
    monkeypatch.setattr(gate.servers, "redis", lambda stack: None)
    monkeypatch.setattr(gate, "_run", note)

    assert gate.main(arguments) == 0
    assert ran == left_out


@pytest.mark.parametrize(
    ("left_out", "files"),
    [
        ([], {"browser/test_key_counts.py", "booking/limits/test_hashing.py",
              "booking/limits/test_tally.py", "config/test_production.py"}),
        (["browser"], {"booking/limits/test_hashing.py", "booking/limits/test_tally.py",
                       "config/test_production.py"}),
        (["no-database"], {"browser/test_key_counts.py", "booking/limits/test_tally.py",
                           "config/test_production.py"}),
    ],
)  # fmt: skip
def test_what_is_left_out_are_whole_files(left_out, files, tmp_path):
    asked = ["browser/test_key_counts.py", "booking/limits/test_hashing.py",
             "booking/limits/test_tally.py", "config/test_production.py"]  # fmt: skip
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    for name in left_out:
        command += ["--leave-out", name]
    done = subprocess.run(
        [*command, *(f"tests/{one}" for one in asked)],
        cwd=ROOT, env={**os.environ, "VAR_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    found = re.findall(r"^tests/(\S+?\.py)", done.stdout, re.M)
    assert set(found) == files


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        (["chromium-headless-shell", "chromium"], "chromium-headless-shell"),
        (["google-chrome", "chromium"], "chromium"),
        ([], None),
    ],
)
def test_the_browser_without_windows_comes_first(there, chosen, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser.os, "getuid", lambda: 1)
    monkeypatch.setattr(
        browser.shutil, "which", lambda name: f"/usr/bin/{name}" if name in there else None
    )

    assert browser.find() == (f"/usr/bin/{chosen}" if chosen else None)


@pytest.mark.parametrize("can_be_had", [["chromium-headless-shell", "chromium"], ["chromium"], []])
def test_a_browser_is_installed_and_the_next_best_where_one_cannot_be_had(can_be_had, monkeypatch):
    installed = []

    def apt(*words):
        if words[0] == "install" and words[-1] in can_be_had:
            installed.append(words[-1])
        return words[0] == "update" or words[-1] in can_be_had

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser.os, "getuid", lambda: 0)
    monkeypatch.setattr(browser, "_apt", apt)
    monkeypatch.setattr(
        browser.shutil, "which", lambda name: name if name in [*installed, "apt-get"] else None
    )

    assert browser.find() == (can_be_had[0] if can_be_had else None)
    assert installed == can_be_had[:1]


def test_for_one_test_nothing_is_fetched(monkeypatch):
    def never():
        raise AssertionError("fetched")

    for get in (gate.browser, gate.engines, gate.twilio_contract):
        monkeypatch.setattr(get, "find" if get is gate.browser else "fetch", never)

    assert gate.get_helpers(Selection.of(["tests/config"])) == (None, [], [])
    with pytest.raises(AssertionError, match="fetched"):
        gate.get_helpers(Selection.of([]))


def test_engines_that_cannot_be_had_are_said_and_not_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(engines, "HOME", tmp_path / "engines")
    monkeypatch.setattr(engines, "PYTHON", tmp_path / "no-pip")
    (tmp_path / "no-pip").write_text(
        "#!/bin/sh\necho 'ERROR: No matching distribution' >&2\nexit 1\n"
    )
    (tmp_path / "no-pip").chmod(0o755)

    assert engines.fetch() == []
    assert "cannot be had: ERROR: No matching distribution" in capsys.readouterr().out


def test_an_engine_that_does_not_come_up_says_its_last_words(tmp_path, monkeypatch):
    server = tmp_path / engines.PROGRAMS["OSRM"]
    server.parent.mkdir(parents=True)
    for name in ("osrm-routed", "osrm-extract", "osrm-contract"):
        (server.parent / name).write_text(f"#!/bin/sh\necho {name} is broken\n")
        (server.parent / name).chmod(0o755)
    monkeypatch.setattr(engines, "HOME", tmp_path)
    (tmp_path / "roads.osm.pbf").write_bytes(b"")

    with (
        pytest.raises(RuntimeError, match="osrm-routed is broken"),
        engines.serve("OSRM", tmp_path / "roads.osm.pbf"),
    ):
        pass
