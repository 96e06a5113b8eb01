"""A source file's mutants: the same file with one small fault each.

The faults are mutmut's (a comparison that is off by one, an argument that is missing, ...), and
one of our own: a call or a raise that is left out. Left out of mutmut's are those that hardly
ever do more than crash, and words that only people read.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

NEVER = {
    *("len", "isinstance", "cast", "getLogger"),
    *("select_for_update", "select_related"),
    "astimezone",
}
"""Calls whose arguments are not worth a mutant: it would only crash; or change how rows are locked
or fetched, which tests of one connection cannot see; or ask for the machine's own zone, which
Django sets to London."""
LOG = "logger"
"""What it says is words for people: of its calls only the whole call is left out."""


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is, and the whole source with it.

    `function` is the full name of the function or method it is in, as Python says it
    ("outer.<locals>.inner"), empty outside of any;
    `lines` are the first and last line of the statement that holds it; `in_default` says that
    it is in the default of a parameter, of a function that is in no other.
    """

    function: str
    line: int
    lines: tuple[int, int]
    in_default: bool
    source: str

    def diff(self, original: str) -> list[str]:
        """Return what is different, one line each, as diff writes it."""
        pair = original.splitlines(), self.source.splitlines()
        changes = difflib.unified_diff(*pair, n=0, lineterm="")
        return [line for line in changes if not line.startswith(("---", "+++", "@@"))]


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a source, in the order of lines."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    finder = _Finder()
    wrapper.visit(finder)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    seen = {source}
    for place in finder.places:
        for node in _faults(place.node):
            text = _with(wrapper.module, source, starts, place, node)
            if text not in seen and _compiles(text):
                seen.add(text)
                yield Mutant(place.function, place.line, place.lines, place.in_default, text)


def _with(
    module: cst.Module, source: str, starts: list[int], place: "_Place", new: cst.CSTNode
) -> str:
    """Return the source with `new` in the place of a node: spliced in, if it can be: quicker."""
    span = place.span
    if span is not None:
        start = starts[span.start.line - 1] + span.start.column
        end = starts[span.end.line - 1] + span.end.column
        if source[start:end] == module.code_for_node(_bare(place.node)):
            return source[:start] + module.code_for_node(_bare(new)) + source[end:]
    mutated = module.deep_replace(place.node, new)
    return mutated.code if isinstance(mutated, cst.Module) else source


def _bare(node: cst.CSTNode) -> cst.CSTNode:
    """Return an expression without the brackets around it, which stand outside its position."""
    return node.with_changes(lpar=[], rpar=[]) if getattr(node, "lpar", None) else node


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _faults(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutators.mutation_operators:
        if isinstance(node, kind) and operator is not mutators.operator_assignment:
            made = list(operator(node))
            if isinstance(node, cst.BaseString):
                made = made[:1]  # the others are the same in capitals
            arguments = len(node.args) if isinstance(node, cst.Call) else 0
            if operator is mutators.operator_arg_removal and arguments > 1:
                made = made[-arguments:]  # without each; not with None for each as well
            yield from made
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
        yield cst.Pass()
    if isinstance(node, cst.Raise):
        yield cst.Pass()


@dataclass(frozen=True)
class _Place:
    node: cst.CSTNode
    function: str
    line: int
    lines: tuple[int, int]
    in_default: bool
    span: CodeRange | None


class _Finder(cst.CSTVisitor):
    """Collects the nodes that may be mutated, each with the function and statement it is in."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.places: list[_Place] = []
        self._names: list[str] = []
        self._kinds: list[type[cst.CSTNode]] = []
        self._inside = 0
        self._statements: list[tuple[int, int]] = [(1, 1)]
        self._defaults = 0
        self._left_alone: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note a node, unless a fault in it would say nothing; go on to its children."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names += ["<locals>"] if self._kinds[-1:] == [cst.FunctionDef] else []
            self._names.append(node.name.value)
            self._kinds.append(type(node))
            self._inside += isinstance(node, cst.FunctionDef)
        if isinstance(node, cst.BaseStatement | cst.BaseSmallStatement):
            self._statements.append(self._span(node))
        if isinstance(node, cst.Param):
            self._defaults += 1
        if self._says_nothing(node):
            return False
        if _is_never(node):
            self._left_alone.update(node.args)  # type: ignore[attr-defined]
        elif self._inside or not self._names:  # not in a class's own body
            self.places.append(self._place(node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Step out of a function, a class or a statement."""
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()
            self._kinds.pop()
            if self._names[-1:] == ["<locals>"]:
                self._names.pop()
            self._inside -= isinstance(original_node, cst.FunctionDef)
        if isinstance(original_node, cst.BaseStatement | cst.BaseSmallStatement):
            self._statements.pop()
        if isinstance(original_node, cst.Param):
            self._defaults -= 1

    def _place(self, node: cst.CSTNode) -> _Place:
        function = ".".join(self._names) if self._inside else ""
        line, statement = self._span(node)[0], self._statements[-1]
        code_range = self.get_metadata(PositionProvider, node, None)
        in_default = self._defaults > 0 and "<locals>" not in self._names
        return _Place(node, function, line, statement, in_default, code_range)

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        found = self.get_metadata(PositionProvider, node, None)
        return (found.start.line, found.end.line) if found else self._statements[-1]

    def _says_nothing(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return True
        said = isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)
        return said or node in self._left_alone


def _is_never(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.Call):
        return False
    of = node.func.value if isinstance(node.func, cst.Attribute) else None
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    is_log = isinstance(of, cst.Name) and of.value == LOG
    return is_log or (isinstance(name, cst.Name) and name.value in NEVER)
