"""Puts a mutant into a process that has imported the code already: no file is written.

A function gets the code of its mutant, so that whoever imported it by name has the mutant too. One
that another makes anew at each call gets it with the code of that other. A constant is worked out
anew, with the constants and defaults of its module that stand on it; what other modules computed
from it when they were imported stays as it was.
"""

import ast
import gc
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tools.mutation.make import Mutant

Functions = dict[str, list[FunctionType]]


def functions_of(path: str) -> Functions:
    """Return the functions and methods that a file defined, by their full names."""
    found: Functions = {}
    gc.unfreeze()  # tests/conftest.py froze what was imported, and what is frozen is not listed
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename == path:
            found.setdefault(one.__code__.co_qualname, []).append(one)
    return found


def apply(mutant: Mutant, module: ModuleType, functions: Functions) -> None:
    """Make the module behave as its mutant from now on."""
    if mutant.in_default:
        _renew_defaults(mutant.source, module, mutant.function, functions)
    elif mutant.function:
        code = compile(mutant.source, str(module.__file__), "exec")
        found = [
            (one, name) for name in _around(mutant.function) for one in functions.get(name, [])
        ]
        if not found:
            raise LookupError(mutant.function)
        for function, name in found:
            new = _code_named(name, code)
            if new is None:
                raise LookupError(name)
            _give(function, new, module, name)
    else:
        _renew_constants(mutant, module, functions)


def _around(name: str) -> list[str]:
    """Return the names of a function and of those that it is defined in, the outermost first."""
    parts = name.split(".<locals>.")
    return [".<locals>.".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _code_named(name: str, code: CodeType) -> CodeType | None:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            if one.co_qualname == name:
                return one
            if name.startswith(f"{one.co_qualname}."):
                return _code_named(name, one)
    return None


def _give(function: FunctionType, code: CodeType, module: ModuleType, name: str) -> None:
    if len(code.co_freevars) == len(function.__code__.co_freevars) or "<locals>" in name:
        function.__code__ = code
        return
    # A method that no longer says super() closes over nothing: it needs a function of its own.
    made = FunctionType(code, vars(module), function.__name__, function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    owner: Any = module
    *owners, last = name.split(".")
    for one in owners:
        owner = getattr(owner, one)
    setattr(owner, last, made)


def _definition(source: str, name: str) -> ast.FunctionDef:
    body: list[ast.stmt] = ast.parse(source).body
    found: ast.stmt | None = None
    for part in name.split("."):
        kinds = (ast.FunctionDef, ast.ClassDef)
        found = next(one for one in body if isinstance(one, kinds) and one.name == part)
        body = found.body
    assert isinstance(found, ast.FunctionDef), name
    return found


def _renew_defaults(source: str, module: ModuleType, name: str, functions: Functions) -> None:
    """Work out the defaults of a function's parameters anew."""
    definition = _definition(source, name)
    definition.decorator_list = []
    scratch = dict(vars(module))
    program = ast.fix_missing_locations(ast.Module([definition], []))
    exec(compile(program, "defaults", "exec"), scratch)  # noqa: S102 - our own source
    made = scratch[definition.name]
    for function in functions.get(name, []):
        function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__


def _renew_constants(mutant: Mutant, module: ModuleType, functions: Functions) -> None:
    changed: set[str] = set()
    for statement in ast.parse(mutant.source).body:
        mentioned = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)}
        if isinstance(statement, ast.FunctionDef) and _names(statement.args) & changed:
            _renew_defaults(mutant.source, module, statement.name, functions)
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            continue
        if statement.lineno <= mutant.line <= (statement.end_lineno or 0) or mentioned & changed:
            program = ast.Module([statement], [])
            before = dict(vars(module))
            exec(compile(program, "constants", "exec"), vars(module))  # noqa: S102 - our own source
            changed |= _spread(before, module)


def _names(arguments: ast.arguments) -> set[str]:
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    return {
        one.id for default in defaults for one in ast.walk(default) if isinstance(one, ast.Name)
    }


def _spread(before: dict[str, Any], module: ModuleType) -> set[str]:
    """Give the constants that are new to who imported them by name; return their names."""
    new = {name for name, value in vars(module).items() if before.get(name) is not value}
    for name in new:
        for other in list(sys.modules.values()):
            held = getattr(other, "__dict__", {})
            if name in held and held[name] is before.get(name):
                held[name] = vars(module)[name]
    return new
