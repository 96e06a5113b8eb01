"""A browser for the tests: one that is installed, or Debian's Chromium if we may install it."""

import os
import shutil
import subprocess

SMALL = "chromium-headless-shell"
"""Chromium without windows: two thirds of a processor's time for the same tests."""
NAMES = [SMALL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
HOW = "Install Chromium (Debian, Ubuntu: apt-get install chromium), or set CHROMIUM to its path."


def find() -> str | None:
    """Return the path of a browser, installing one as root on Debian; say what to do if none."""
    found = _installed()
    if found is None and os.getuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests", flush=True)
        _apt("update")
        for name in (SMALL, "chromium"):
            if found is None and _apt("install", "--yes", "--no-install-recommends", name):
                found = _installed()
    if found is None:
        print(f"No browser: its tests are left out. {HOW}", flush=True)
    return found


def version(path: str) -> str:
    """Return what a browser says it is, like "Chromium 156.0"."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    words = said.stdout.split()
    return " ".join(words[:2]) if len(words) > 1 else "a browser"


def _installed() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((path for path in map(shutil.which, NAMES) if path), None)


def _apt(*words: str) -> bool:
    """Run apt-get; return whether it did what it was asked, and say what it said if not."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", "--quiet", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"apt-get {words[0]} failed: {done.stderr.strip()[-300:]}", flush=True)
    return done.returncode == 0
