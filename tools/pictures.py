"""What all walks of `make screens` share: where the demo is, the two widths, taking a picture."""

import os
from functools import cache
from io import BytesIO
from pathlib import Path

from django_otp.oath import totp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, StorageState

BASE = f"http://localhost:{os.environ.get('PORT') or 8000}"
OUT = Path(__file__).resolve().parent.parent / "docs" / "screens"
WIDTHS = {"narrow": 390, "wide": 1280}
TALLEST = 1600
"""Pixels of a picture: of a long page, its beginning."""
FIRST_SIGHT = 960
"""Of the clerk's dense pages: what a screen shows."""
COLOURS = 48
STAFF_PASSWORD = "demo-clerk-2026"
SECOND_FACTOR = "3132333435363738393031323334353637383930"
"""As booking/demo/people.py has them."""


def open_page(chromium: Browser, width: str, signed_in: StorageState | None = None) -> Page:
    """Return a new page of one of the two widths, signed in as whoever was."""
    size = {"width": WIDTHS[width], "height": 844}
    return chromium.new_page(
        viewport=size,  # type: ignore[arg-type]
        base_url=BASE,
        storage_state=signed_in,
        locale="en-GB",
    )


@cache
def sign_in(chromium: Browser, user: str) -> StorageState:
    """Sign a member of staff in once (a code works once); return the session for both widths."""
    page = chromium.new_page(base_url=BASE)
    page.goto("/staff/sign-in/")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password", exact=True).fill(STAFF_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("6 digits").fill(f"{totp(bytes.fromhex(SECOND_FACTOR)):06}")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page.context.storage_state()


def take(
    page: Page, name: str, width: str, part: Locator | None = None, tallest: int = TALLEST
) -> None:
    """Keep a picture of a page, or of a part of it, small."""
    whole = Image.open(BytesIO(part.screenshot() if part else page.screenshot(full_page=True)))
    picture = whole.crop((0, 0, whole.width, min(whole.height, tallest)))
    small = picture.convert("RGB").quantize(COLOURS)
    file = OUT / f"{name}-{width}.png"
    small.save(file, optimize=True)
    print(f"{file.relative_to(OUT.parent.parent)}: {file.stat().st_size // 1024} KB", flush=True)
