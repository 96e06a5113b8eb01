"""The service as production starts it, on a PostgreSQL and a Redis of its own, and who uses it."""

import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from cryptography.fernet import Fernet

from benchmarks.load import memory
from benchmarks.processes import Processes, wait_for
from tests.resilience.celery_workers import Redis
from tools.clusters import Cluster
from tools.run import web_command

WORKER = "celery -A config worker --concurrency 2 --loglevel WARNING"
BEAT = "celery -A config beat --loglevel WARNING --pidfile="
CLOCK = Path(__file__).with_name("clock.c")
"""Sets another wall clock before a process, where there is a C compiler."""
LOOKS_EVERY = 2.0


@dataclass
class Window:
    """When something was away, by the machine's clock.

    `breaks`: answers of 5xx belong to it. `stops_visits`: a visit may be broken off by it.
    """

    name: str
    breaks: bool
    stops_visits: bool
    begin: float = field(default_factory=time.time)
    end: float = 0.0


@dataclass
class Load(Processes):
    """What runs: the service's processes, its database and broker, and what was seen of them."""

    cluster: Cluster
    broker: Redis
    port: int
    minutes: float
    users: int
    windows: list[Window] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    started_again: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    commands: dict[str, list[str]] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    replica: Cluster | None = None

    @property
    def url(self) -> str:
        """Where the web server listens."""
        return f"http://127.0.0.1:{self.port}"

    def start_service(self) -> None:
        """Start web, worker and beat, and return when pages come."""
        self.begin("web", web_command(self.port))
        self.begin("worker", WORKER.split())
        self.begin("beat", [*BEAT.split(), "-s", str(self.folder / "beat")])
        wait_for(lambda: is_up(self.url), "the web server", self.processes["web"])

    def begin(self, name: str, command: list[str]) -> None:
        """Start a part, and remember how, so that it can be started again."""
        self.commands[name] = command
        more = {}
        if name.startswith("worker") and (library := self._clock_library()):
            more = {"LD_PRELOAD": str(library), "CLOCK_STEP": str(self.clock)}
        self.start(name, *command, **more)

    @property
    def clock(self) -> Path:
        """The file of the seconds by which the workers' wall clock is wrong."""
        return self.folder / "clock"

    def _clock_library(self) -> Path | None:
        library, compiler = self.folder / "clock.so", shutil.which("cc")
        if compiler and not library.exists():
            how = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(CLOCK)]
            subprocess.run(how, check=True)
        return library if library.exists() else None

    @contextmanager
    def window(
        self, name: str, *, breaks: bool = False, stops_visits: bool = False
    ) -> Iterator[None]:
        """Note when something is away."""
        window = Window(name, breaks, breaks or stops_visits)
        self.windows.append(window)
        try:
            yield
        finally:
            window.end = time.time()

    @contextmanager
    def supervised(self) -> Iterator[None]:
        """Start again what ended by itself, as compose does, and measure memory, until the end."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(LOOKS_EVERY):
                for name, command in list(self.commands.items()):
                    if self.processes[name].poll() is not None:
                        self.started_again[name] += 1
                        self.signal(name, signal.SIGKILL)  # children that outlived it
                        self.begin(name, command)
                self._measure()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _measure(self) -> None:
        roots = {name: one.pid for name, one in self.processes.items() if name in self.commands}
        with suppress(OSError):
            first = (self.cluster.folder / "postmaster.pid").read_text().split()[0]
            roots["postgresql"] = int(first)
        if self.broker.server:
            roots["redis"] = self.broker.server.pid
        for name, taken in memory.of_trees(roots).items():
            self.memory[name].append(taken)

    def people(self, scene: Path, notes: Path) -> subprocess.Popen[bytes]:
        """Let everybody in; they go by themselves when the time is over."""
        how = ["locust", "-f", "benchmarks/load/people.py", "--headless", "--only-summary"]
        how += ["--host", self.url, "--users", str(self.users), "--spawn-rate", "5"]
        how += ["--run-time", f"{int(self.minutes * 60)}s", "--stop-timeout", "30"]
        self.start("people", *how, LOAD_SCENE=str(scene), LOAD_NOTES=str(notes))
        return self.processes["people"]


def production(port: int, database: str, broker: str, gateway: str, folder: Path) -> dict[str, str]:
    """Return the settings of an installation that faces patients, behind a proxy on loopback."""
    keys = ("SECRET_KEY", "NUMBER_HASH_KEY", "AUDIT_KEY")
    from tests.resilience.fake_twilio import ACCOUNT, SERVICE, TOKEN

    return {
        **{name: secrets.token_urlsafe(48) for name in keys},
        "FIELD_KEYS": Fernet.generate_key().decode(), "MODE": "production",
        "ALLOWED_HOSTS": "127.0.0.1", "PUBLIC_BASE_URL": f"https://127.0.0.1:{port}",
        "TRUSTED_PROXIES": "127.0.0.1", "DATABASE_URL": database, "CELERY_BROKER_URL": broker,
        "SMS_GATEWAY": "twilio", "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_MESSAGING_SERVICE_SID": SERVICE, "TWILIO_API_BASE": gateway,
        "SMS_TICK_SECONDS": "3", "TEXTS_AN_HOUR": "0", "VAR_DIR": str(folder), "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING",
    }  # fmt: skip


def is_up(url: str, path: str = "/healthz") -> bool:
    """Whether the web server answers there."""
    try:
        with urlopen(f"{url}{path}", timeout=5):
            return True
    except OSError:
        return False


def until(done: Callable[[], bool], what: str, within: float) -> bool:
    """Wait; return whether it came."""
    try:
        wait_for(done, what, within=within)
    except TimeoutError:
        return False
    return True
