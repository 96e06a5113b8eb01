"""What real publishers get wrong and everybody can read anyway: mended, and said in the reply.

One rule for what is pushed and what is pulled. Only a line that cannot be read as it is gets here.
"""

import re
from collections.abc import Callable

BOM = b"\xef\xbb\xbf"
_OFFSET = re.compile(rb'(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d)(\d\d)?"')
_NUMBER_ID = re.compile(rb'"id"\s*:\s*(\d{1,64})\s*([,}])')

MARK = "a byte order mark: leave it out"
TAB = "a raw tab: write \\t inside a text"
OFFSET = "an offset of hours alone, or without its colon: write it as -05:00"
NUMBER = 'an id that is a number: write it as a text, like "123"'


def repaired(text: bytes) -> tuple[bytes, list[str]]:
    """Return a text as it must have been meant, and what was mended, each with what to send."""
    made = []
    for what, repair in _REPAIRS.items():
        mended = repair(text)
        if mended != text:
            made.append(what)
        text = mended
    return text, made


_REPAIRS: dict[str, Callable[[bytes], bytes]] = {
    MARK: lambda text: text.removeprefix(BOM),
    TAB: lambda text: text.replace(b"\t", b" "),
    OFFSET: lambda text: _OFFSET.sub(lambda m: m[1] + b":" + (m[2] or b"00") + b'"', text),
    NUMBER: lambda text: _NUMBER_ID.sub(rb'"id":"\1"\2', text),
}
