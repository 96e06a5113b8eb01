"""What is fetched to check our calls to Twilio against, and what is said where it cannot be."""

import pytest

from tools import twilio_contract


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put a program of the test's in npm's place, and nothing fetched yet."""
    program = tmp_path / "npm"
    monkeypatch.setattr(twilio_contract, "FOLDER", tmp_path / "contract")
    monkeypatch.setattr(twilio_contract.shutil, "which", lambda name: str(program))

    def npm(script):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return npm


def test_without_npm_it_is_said(monkeypatch, npm):
    monkeypatch.setattr(twilio_contract.shutil, "which", lambda name: None)
    assert twilio_contract.fetch() == "no npm found"
    assert twilio_contract.found() is None


def test_an_npm_that_fails_is_said_and_leaves_nothing_found(npm):
    npm("exit 1")
    assert twilio_contract.fetch() == "npm could not fetch it (CalledProcessError)"
    assert twilio_contract.found() is None


def test_another_package_under_the_same_name_is_not_taken(npm):
    npm('if [ "$1" = pack ]; then echo other > it.tgz; echo it.tgz; fi')
    assert "is not the package that was checked in" in twilio_contract.fetch()
    assert twilio_contract.found() is None
