"""`make sbom`: what a release is made of: pinned libraries and vendored files, in CycloneDX 1.6.

The same release makes the same file, byte by byte: the moment in it is the commit's, its number is
made of what it lists. It is checked against CycloneDX's own schema before it is written.
"""

import argparse
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.utils import canonicalize_name
from pip_requirements_parser import RequirementsFile

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("base", "postcodes", "tracing")
"""The requirements that the image installs (Dockerfile)."""
NAME = "scan-finder"
NUMBERS = uuid.UUID("8d6b9a57-8f0d-4b53-9a3c-0e0b2f6c1d11")
"""Beneath which numbers of our lists are made; any constant will do."""


def libraries() -> Iterator[Component]:
    """Yield each pinned library once, with the hashes that pip holds it to.

    Of one that has another version for another Python, both: the mark says which.
    """
    seen = set()
    for name in SHIPPED:
        parsed = RequirementsFile.from_file(str(ROOT / "requirements" / f"{name}.txt"))
        if parsed.invalid_lines:
            raise ValueError(f"{name}.txt: {parsed.invalid_lines[0]}")
        for one in parsed.requirements:
            version = one.get_pinned_version
            key = (canonicalize_name(one.name), version)
            if key in seen:
                continue
            seen.add(key)
            marks = [Property(name=f"{NAME}:when", value=str(one.marker))] if one.marker else []
            url = PackageURL("pypi", None, *key)
            # A library has one file for each machine: which is installed is one of these.
            files = [Property(name=f"{NAME}:file", value=word) for word in sorted(one.hash_options)]
            yield Component(
                type=ComponentType.LIBRARY, name=key[0], version=version, purl=url,
                bom_ref=str(url), properties=[*marks, *files],
            )  # fmt: skip


def vendored() -> Iterator[Component]:
    """Yield each vendored front end, with its files and their sums (static/vendor/*/SHA256SUMS)."""
    for sums in sorted((ROOT / "static" / "vendor").glob("*/SHA256SUMS")):
        name, _, version = sums.parent.name.rpartition("-")
        url = PackageURL("npm", None, name, version)
        files = [line.split(maxsplit=1) for line in sums.read_text("utf-8").splitlines()]
        yield Component(
            type=ComponentType.LIBRARY, name=name, version=version, purl=url, bom_ref=str(url),
            components=[
                Component(
                    type=ComponentType.FILE, name=file.removeprefix("./"),
                    bom_ref=f"{url}#{file.removeprefix('./')}",
                    hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
                )
                for digest, file in files
            ],
        )  # fmt: skip


def make(version: str, at: datetime) -> str:
    """Return the list of a release. Raises ValueError if CycloneDX's schema does not have it so."""
    bom = Bom(components=[*libraries(), *vendored()])
    bom.metadata.timestamp = at
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION, name=NAME, version=version, bom_ref=NAME
    )
    bom.register_dependency(bom.metadata.component, list(bom.components))
    named = sorted(f"{one.purl}" for one in bom.components)
    bom.serial_number = uuid.uuid5(NUMBERS, "\n".join([version, *named]))
    text: str = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"This is no CycloneDX: {fault}")
    return text


def of_commit() -> tuple[str, datetime]:
    """Return the version of what is checked out (its tag, else its commit) and its moment."""
    version = _git("describe", "--tags", "--always", "--match", "v*")
    return version, datetime.fromtimestamp(int(_git("log", "-1", "--format=%ct")), UTC)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> int:
    """Write the list, or, with --check, only make it and hold it to the schema."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "sbom.cdx.json")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    text = make(*of_commit())
    made: dict[str, Any] = json.loads(text)
    if text != make(*of_commit()):
        raise ValueError("Made twice, it is not the same")
    print(f"{len(made['components'])} components, CycloneDX {made['specVersion']}")
    if not options.check:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text, encoding="utf-8")
        print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
