"""The expressions of GitHub's workflows (``a.b == 'c' && failure()``) and of GitLab's rules (``$A == "b"``)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r"\s*(\|\||&&|==|!=|\(|\)|'[^']*'|\"[^\"]*\"|\$\w+|[\w.-]+)")
Known = Mapping[str, Any]
Functions = Mapping[str, Callable[..., object]]


def evaluate(text: str, known: Known, functions: Functions) -> Any:
    """Raise KeyError for a context or function that the pipelines' runner does not have."""
    parser = Parser(tokens(text), known, functions)
    value = parser.either()
    assert not parser.left, f"{text}: what is {parser.left}?"
    return value


def filled(text: str, known: Known, functions: Functions) -> str:
    """Return a text with its ``${{ … }}`` evaluated."""
    return re.sub(r"\$\{\{(.+?)\}\}", lambda found: str(evaluate(found[1], known, functions)), text)


def tokens(text: str) -> list[str]:
    found = TOKEN.findall(text)
    assert "".join(found) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", text), f"cannot read {text}"
    return list(found)


@dataclass
class Parser:
    left: list[str]
    known: Known
    functions: Functions

    def either(self) -> Any:
        value = self.both()
        while self.left[:1] == ["||"]:
            self.left.pop(0)
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self.left[:1] == ["&&"]:
            self.left.pop(0)
            other = self.compared()
            value = value and other
        return value

    def compared(self) -> Any:
        value = self.atom()
        if self.left and self.left[0] in ("==", "!="):
            wanted = self.left.pop(0) == "=="
            return (value == self.atom()) is wanted
        return value

    def atom(self) -> Any:
        token = self.left.pop(0)
        if token == "(":
            value = self.either()
            self.left.pop(0)
            return value
        if token[0] in "'\"":
            return token[1:-1]
        if token[0] == "$":
            return self.known.get(token[1:], "")
        if self.left[:1] == ["("]:
            return self.called(token)
        return looked_up(token, self.known)

    def called(self, name: str) -> Any:
        self.left.pop(0)
        arguments = []
        while self.left[0] != ")":
            arguments.append(self.either())
        self.left.pop(0)
        return self.functions[name](*arguments)


def looked_up(path: str, known: Known) -> Any:
    """Return a value of a context.

    It is empty where the context lacks it, as on GitHub; an unknown context is an error.
    """
    first, *rest = path.split(".")
    value: Any = known[first]
    for name in rest:
        value = value.get(name, "")
        if not isinstance(value, Mapping):
            break
    return value
