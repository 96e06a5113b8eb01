"""Whether a test waits for each page that it leads to: one that is going answers nothing."""

from contextlib import contextmanager

WAIT_TOO = ("goto", "reload", "go_back", "go_forward")
"""Playwright's own calls that lead to a page and wait for it."""


def watch(page):
    """Add to `page.faults` each page that is gone to while the test waits for none.

    What waits is one of `WAIT_TOO` or a block of `page.expect_navigation()`, as that of
    `walk.next_page`. Each of them waits for one page: a second one, whose click came just before,
    is a fault as well. Where a server sends a browser on is the same page.
    """
    page.waits_for_pages = 0

    def see(request):
        if not request.is_navigation_request() or request.frame != page.main_frame:
            return
        if request.redirected_from:
            return
        page.waits_for_pages -= 1
        if page.waits_for_pages < 0:
            page.faults.append(f"not waited for (tests.browser.walk.next_page): {request.url}")

    page.on("request", see)
    for name in WAIT_TOO:
        setattr(page, name, _waiting(page, getattr(page, name)))
    page.expect_navigation = _expecting(page, page.expect_navigation)


def _waiting(page, go):
    def went(*args, **kwargs):
        with _one_page(page):
            return go(*args, **kwargs)

    return went


def _expecting(page, expect):
    @contextmanager
    def expecting(*args, **kwargs):
        with _one_page(page), expect(*args, **kwargs) as expected:
            yield expected

    return expecting


@contextmanager
def _one_page(page):
    page.waits_for_pages = 1
    yield
    page.waits_for_pages = 0
