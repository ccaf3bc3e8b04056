"""Where the source of a test judges by elapsed time, or lets a busy machine run out of time."""

from __future__ import annotations

import ast
import operator
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from itertools import pairwise

from waiting import PATIENCE

CLOCKS = {
    *("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"),
    *("process_time_ns", "thread_time", "time", "time_ns", "utcnow"),
}
ARITHMETIC = {"abs", "float", "int", "max", "min", "round", "sorted", "sum"}
PLACES = {"get": 1, "wait_for": 1} | dict.fromkeys(
    ("join", "next", "result", "settimeout", "timeout", "wait"), 0
)
"""The positions of limits that are given without their names, by the calls that take them so."""

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class Kind(IntEnum):
    """What an expression has of clocks."""

    NOTHING = 0
    MOMENT = 1
    ELAPSED = 2


class _Scope:
    """The names of a function, or of a module, that hold moments and what elapsed between them."""

    def __init__(self, body: ast.AST, outer: Mapping[str, Kind]) -> None:
        self.kinds = dict(outer)
        nodes = list(ast.walk(body))
        before: dict[str, Kind] | None = None
        while before != self.kinds:
            before = dict(self.kinds)
            for node in nodes:
                self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        self._learn_names(node)
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]):
                self._hold(name, self.of(one))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        self._hold(name, self.of(inner.value))
            case ast.ImportFrom(module="time", names=names):
                for alias in names:
                    if alias.name in CLOCKS:
                        self._hold(alias.asname or alias.name, Kind.MOMENT)
            case _:
                pass

    def _learn_names(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                difference = isinstance(node.op, ast.Sub) and self.kinds.get(name)
                self._hold(name, Kind.ELAPSED if difference and self.of(value) else self.of(value))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self._hold(name, self.of(value))
            case _:
                pass

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._hold(target.id, self.of(value))
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=False):
                self._assign(one, its)

    def _hold(self, name: str, kind: Kind) -> None:
        self.kinds[name] = max(kind, self.kinds.get(name, Kind.NOTHING))

    def of(self, node: ast.expr) -> Kind:
        """What an expression is, as far as arithmetic makes it of clocks."""
        match node:
            case ast.Name(id=name):
                return self.kinds.get(name, Kind.NOTHING)
            case ast.BinOp(left=left, op=op, right=right):
                kinds = (self.of(left), self.of(right))
                return Kind.ELAPSED if isinstance(op, ast.Sub) and all(kinds) else max(kinds)
            case ast.Call(func=ast.Name(id=name), args=args):
                inner = [self.of(one) for one in args] if name in ARITHMETIC else []
                return max([self.kinds.get(name, Kind.NOTHING), *inner])
            case ast.Call(func=ast.Attribute(value=value, attr=attribute)):
                if attribute == "timeit":
                    return Kind.ELAPSED
                is_clock = attribute in CLOCKS or (attribute == "now" and _is_datetime(value))
                return Kind.MOMENT if is_clock else self.of(value)
            case ast.Attribute(value=ast.Name(id="time"), attr=attribute) if attribute in CLOCKS:
                return Kind.MOMENT
            case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Await(value=value):
                return self.of(value)
            case ast.UnaryOp(operand=operand):
                return self.of(operand)
            case ast.IfExp(body=one, orelse=other):
                return max(self.of(one), self.of(other))
            case _:
                return Kind.NOTHING

    def judges(self, condition: ast.AST) -> bool:
        """Whether a condition is of a clock, of what elapsed, or of which moment was first."""
        for node in ast.walk(condition):
            if isinstance(node, ast.Compare):
                kinds = [self.of(one) for one in (node.left, *node.comparators)]
                if any(one and other for one, other in pairwise(kinds)):
                    return True
            is_moment = isinstance(node, ast.Call) and self.of(node) is Kind.MOMENT
            if is_moment or (isinstance(node, ast.expr) and self.of(node) is Kind.ELAPSED):
                return True
        return False


def _is_datetime(value: ast.expr) -> bool:
    return (isinstance(value, ast.Name) and value.id == "datetime") or (
        isinstance(value, ast.Attribute) and value.attr == "datetime"
    )


def judged_in_python(text: str) -> list[int]:
    """The lines whose assertion, or whose failure on a condition, is of elapsed time."""
    return sorted({start + line for start, tree in _programs(text) for line in _judged(tree)})


def _programs(text: str) -> Iterator[tuple[int, ast.Module]]:
    """A module, and the programs that stand in it as texts, with the line before each."""
    module = ast.parse(text)
    yield 0, module
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
            try:
                program = ast.parse(textwrap.dedent(node.value))
            except SyntaxError:
                continue
            yield node.lineno - 1, program


def _judged(tree: ast.Module) -> list[int]:
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    module = _Scope(tree, {})
    # Names of one function are not those of another; what functions give is known to all.
    shared = {
        node.name: module.kinds.get(node.name, Kind.NOTHING)
        for node in ast.walk(tree)
        if isinstance(node, functions)
    }
    at_top = ast.Module([node for node in tree.body if not isinstance(node, functions)], [])
    outer = _Scope(at_top, shared)
    bodies = [at_top, *(node for node in tree.body if isinstance(node, functions))]
    found: set[int] = set()
    for body in bodies:
        scope = _Scope(body, outer.kinds)
        for node in ast.walk(body):
            is_judged = (
                isinstance(node, ast.Assert)
                or (isinstance(node, ast.If) and _fails(node.body))
                or (isinstance(node, ast.While) and _fails(node.orelse))
            ) and scope.judges(node.test)
            if is_judged and isinstance(node, ast.stmt):
                found.add(node.lineno)
    return sorted(found)


def _fails(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(one, ast.Raise)
        or (
            isinstance(one, ast.Expr)
            and isinstance(one.value, ast.Call)
            and isinstance(one.value.func, ast.Attribute)
            and one.value.func.attr == "fail"
        )
        for one in body
    )


def short_limits(text: str) -> list[int]:
    """The lines of calls that give up sooner than `PATIENCE`, and are not to raise that they do.

    A limit that ends what nothing else ends, such as `MOMENT`, has a name in `waiting`.
    """
    return sorted({start + line for start, tree in _programs(text) for line in _short(tree)})


def _short(tree: ast.Module) -> list[int]:
    constants: dict[str, float] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            number = _number(node.value, constants)
            if number is not None:
                constants[node.targets[0].id] = number
    expected = {
        id(call)
        for node in ast.walk(tree)
        for part in _where_time_may_end(node)
        for call in ast.walk(part)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and id(node) not in expected
        for limit in _limits(node)
        if (number := _number(limit, constants)) is not None and number < PATIENCE
    ]


def _where_time_may_end(node: ast.AST) -> Iterator[ast.AST]:
    """Pauses between two looks, which are no limits, and what is to raise that time is over."""
    if isinstance(node, ast.While | ast.If):
        yield from (
            one
            for one in ast.walk(node.test)
            if isinstance(one, ast.Call)
            and isinstance(one.func, ast.Attribute)
            and one.func.attr == "wait"
        )
    if isinstance(node, ast.With) and any(
        isinstance(one, ast.Attribute) and one.attr == "raises"
        for item in node.items
        for one in ast.walk(item.context_expr)
    ):
        yield from node.body


def _limits(call: ast.Call) -> Iterator[ast.expr]:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    yield from (one.value for one in call.keywords if one.arg == "timeout")
    place = PLACES.get(name, len(call.args))
    match call.args:
        case [first, *_] if name == "get" and not _is_flag(first):
            pass  # What a mapping gives in place of a missing value is no limit.
        case _:
            yield from call.args[place : place + 1]


def _is_flag(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _number(node: ast.expr, constants: Mapping[str, float]) -> float | None:
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return constants.get(name)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            one, other = _number(left, constants), _number(right, constants)
            if one is None or other is None:
                return None
            return _OPERATORS[type(op)](one, other)
        case _:
            return None


_TYPESCRIPT_CLOCK = r"(?:\bperformance\.now\(|\bDate\.now\(|\bnew Date\(\)|\bhrtime\b)"
_TYPESCRIPT_NAMES = re.compile(r"\b(?:const|let|var)\s+(\w+)[^=;]*=(?!=)(.*)", re.DOTALL)
_TYPESCRIPT_CHECK = re.compile(r"\b(?:expect|assert)\b.*|\bif \(.*\bthrow\b.*", re.DOTALL)
_TYPESCRIPT_LIMIT = re.compile(r"\bvi\.wait(?:For|Until)\(|\bPromise\.race\([^;]*\bsetTimeout\(")
_TYPESCRIPT_OPTION = re.compile(r"\btimeout: ([\d_]+)")


def judged_in_typescript(text: str) -> list[str]:
    """The statements that expect something of elapsed time."""
    statements = [one.strip() for one in text.split(";")]
    moments: set[str] = set()
    elapsed: set[str] = set()
    before = (-1, -1)
    while before != (len(moments), len(elapsed)):
        before = (len(moments), len(elapsed))
        for statement in statements:
            for name, value in _TYPESCRIPT_NAMES.findall(statement):
                if _has(value, elapsed) or _is_difference(value, moments):
                    elapsed.add(name)
                elif re.search(_TYPESCRIPT_CLOCK, value):
                    moments.add(name)
    checks = [found[0] for one in statements if (found := _TYPESCRIPT_CHECK.search(one))]
    return [
        one
        for one in checks
        if re.search(_TYPESCRIPT_CLOCK, one) or _has(one, elapsed) or _is_difference(one, moments)
    ]


def short_limits_in_typescript(text: str) -> list[str]:
    """What gives up by itself: those of vitest after a second, where `expect.poll` waits.

    A limit that ends what nothing else ends has a name. None, 0, is refused at once.
    """
    options = [
        one[0] for one in _TYPESCRIPT_OPTION.finditer(text) if 0 < int(one[1]) < PATIENCE * 1000
    ]
    return [*_TYPESCRIPT_LIMIT.findall(text), *options]


def _has(text: str, names: set[str]) -> bool:
    return any(re.search(rf"\b{name}\b", text) for name in names)


def _is_difference(text: str, moments: set[str]) -> bool:
    moment = "|".join([_TYPESCRIPT_CLOCK, *(rf"\b{name}\b" for name in moments)])
    return re.search(rf"(?:{moment})[^,]*\s-\s[^,]*(?:{moment})", text) is not None
