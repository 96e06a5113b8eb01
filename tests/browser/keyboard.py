"""A clerk at a keyboard: what a call costs in presses and in pages."""

from tests.browser.walk import next_page

FOCUSED = """() => {
  const one = document.activeElement;
  const words = one.labels?.length ? one.labels[0].textContent : one.textContent;
  return words.replaceAll(/\\s+/g, " ").trim();
}"""
"""What a screen reader would call what has the keyboard: a field's label, else its own words."""


class Keyboard:
    """Presses keys, counts them and the pages they lead to, and knows nothing of a mouse.

    Every press counts as one: a letter, Tab, Tab with Shift, an arrow, a space, Enter.
    """

    def __init__(self, page):
        self.page, self.presses, self.pages = page, 0, 0

    def press(self, key):
        self.presses += 1
        self.page.keyboard.press(key)

    def enter(self):
        """Press Enter on what leads to another page, and wait until that page has focus."""
        self.presses += 1
        self.pages += 1
        with next_page(self.page):
            self.page.keyboard.press("Enter")

    def type(self, words):
        for letter in words:
            self.press(letter)

    @property
    def focused(self):
        """The name of what has the keyboard."""
        return self.page.evaluate(FOCUSED)

    def tab_to(self, start, *, most=30, key="Tab"):
        """Press Tab until something has the keyboard whose name begins with `start`."""
        passed = []
        for _ in range(most):
            self.press(key)
            passed.append(self.focused)
            if passed[-1].startswith(start):
                return
        raise AssertionError(f"no {start} within {most} tabs: {[one[:30] for one in passed]}")

    def tab_to_id(self, start, *, most=40):
        """Press Tab until something has the keyboard whose id begins with `start`."""
        for _ in range(most):
            self.press("Tab")
            if self.page.evaluate("document.activeElement.id").startswith(start):
                return
        raise AssertionError(f"no {start} within {most} tabs")

    def go_to(self, part):
        """Go by the links after *Go to* at the top of a patient's screen."""
        self.tab_to(part, most=9)
        self.press("Enter")

    def back_to(self, start, *, most=30):
        """Press Tab with Shift until something has the keyboard whose name begins with `start`."""
        self.tab_to(start, most=most, key="Shift+Tab")

    def say(self, call, *, presses, pages):
        """Print what the call took, and fail if that is more than it may take."""
        print(f"\n{call}: {self.presses} keys, {self.pages} pages")
        assert (self.presses <= presses, self.pages <= pages) == (True, True), (
            f"{call}: {self.presses} keys of {presses}, {self.pages} pages of {pages}"
        )
