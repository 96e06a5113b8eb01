"""The tool that makes small faults on purpose: what it makes, and how it puts them in."""

import gc
import importlib
import sys
from functools import cache
from itertools import count
from types import ModuleType

import pytest

from times.written import Written
from tools import mutants as tool
from tools.mutation import apply as put
from tools.mutation.make import mutants
from tools.mutation.plugin import forget, used_at

SOURCE = '''"""A module."""

import logging

LIMIT = 3
WIDE = LIMIT * 2
logger = logging.getLogger(__name__)


class Box:
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


def fits(size: int, *, limit: int = LIMIT) -> bool:
    """Whether it fits."""
    check(size)
    return size < limit


def check(size: int) -> None:
    if size < 0:
        logger.error("negative: %s", size)
        raise ValueError


def counter(step: int):
    def further(start: int, by: int = 1) -> int:
        return start + step * by

    return further


kept = counter(2)
'''


def faults():
    return ["".join(one.diff(SOURCE)) for one in mutants(SOURCE)]


def test_each_mutant_has_one_fault_and_can_be_compiled():
    made = list(mutants(SOURCE))

    assert len({one.source for one in made}) == len(made)
    assert all(compile(one.source, "mutant", "exec") for one in made)


@pytest.mark.parametrize(
    "fault",
    [
        "-LIMIT = 3+LIMIT = 4",
        "-WIDE = LIMIT * 2+WIDE = LIMIT / 2",
        "-    return size < limit+    return size <= limit",
        "-    check(size)+    pass",
        "-        raise ValueError+        pass",
    ],
)
def test_comparisons_numbers_calls_and_raises_are_broken(fault):
    assert fault in faults()


def test_words_for_people_are_left_alone():
    assert not [fault for fault in faults() if "module" in fault or "Whether" in fault]


def test_of_a_log_only_the_whole_call_is_left_out():
    assert [fault for fault in faults() if "negative" in fault] == [
        '-        logger.error("negative: %s", size)+        pass'
    ]


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "sample_for_mutants.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("sample_for_mutants")
    del sys.modules["sample_for_mutants"]


def put_in(module, fault):
    (mutant,) = [one for one in mutants(SOURCE) if "".join(one.diff(SOURCE)) == fault]
    put.apply(mutant, module, put.functions_of(str(module.__file__)))


def test_who_imported_a_function_by_name_has_its_mutant(module):
    fits = module.fits
    assert not fits(3)

    put_in(module, "-    return size < limit+    return size <= limit")

    assert fits(3)


def test_functions_are_found_though_garbage_is_not_looked_for_among_them(module):
    gc.freeze()  # as tests/conftest.py does with all that was imported

    put_in(module, "-    return size < limit+    return size <= limit")

    assert module.fits(3)


def test_a_constant_changes_what_stands_on_it(module):
    put_in(module, "-LIMIT = 3+LIMIT = 4")

    assert (module.LIMIT, module.WIDE) == (4, 8)
    assert module.fits(3)


def test_a_method_may_lose_its_super(module):
    put_in(module, "-        super().__init__()+        pass")

    assert module.Box(5).size == 5


def test_a_left_out_raise_raises_no_more(module):
    put_in(module, "-        raise ValueError+        pass")

    module.check(-1)


def test_a_function_in_a_function_is_broken_in_the_next_call_and_where_one_is_kept(module):
    assert (module.counter(2)(10), module.kept(10)) == (12, 12)

    put_in(module, "-        return start + step * by+        return start - step * by")

    assert (module.counter(2)(10), module.kept(10)) == (8, 8)


def test_so_is_the_default_of_its_parameter(module):
    fault = "-    def further(start: int, by: int = 1) -> int:"

    put_in(module, f"{fault}+    def further(start: int, by: int = 2) -> int:")

    assert module.counter(2)(10) == 14


def test_a_fault_that_cannot_be_put_in_is_said(module):
    (mutant, *_) = [one for one in mutants(SOURCE) if one.function == "counter.<locals>.further"]

    with pytest.raises(LookupError, match="further"):
        put.apply(mutant, module, {})


def test_what_is_kept_once_made_is_made_anew_for_each_mutant():
    module, numbers = ModuleType("kept"), count()
    module.answer, module.asked = cache(lambda: next(numbers)), Written(lambda: None)
    module.asked.known["sqlite"] = "SELECT 1"
    assert (module.answer(), module.answer()) == (0, 0)

    forget(module)

    assert (module.answer(), module.asked.known) == (1, {})


def test_tests_of_a_file_are_those_that_name_it_or_stand_beside_it():
    assert "tests/booking/search/test_places.py" in tool.tests_for("booking/search/places.py")
    beside = tool.tests_for("booking/exchange/feeds/settling.py")
    assert {test.rpartition("/")[0] for test in beside} == {"tests/booking/exchange/feeds"}


def test_the_lines_that_use_a_constant_are_those_that_name_it():
    at = SOURCE.splitlines().index("LIMIT = 3") + 1

    used = [SOURCE.splitlines()[line - 1] for line in used_at(SOURCE, at, at)]

    assert used == [
        "LIMIT = 3",
        "WIDE = LIMIT * 2",
        "def fits(size: int, *, limit: int = LIMIT) -> bool:",
    ]


def test_lines_are_read():
    assert tool.read_lines("") == []
    assert tool.read_lines("3-5,9") == [3, 4, 5, 9]
