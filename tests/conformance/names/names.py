"""Prints the public names of socketserver, http.server and wsgiref of the Python that runs it.

    python3.15 tests/conformance/names/names.py > tests/conformance/names/cpython-3.15.txt

Each line is a module and a name, as names.toml has them. Names that a class inherits are printed with the class that defines them,
but for those whose base class is none in Rust.
"""

import ast
import importlib
import inspect
import textwrap
import warnings

MODULES = [
    "socketserver",
    "http.server",
    "wsgiref.util",
    "wsgiref.headers",
    "wsgiref.handlers",
    "wsgiref.simple_server",
    "wsgiref.validate",
    "wsgiref.types",
]

# Classes whose inherited names are their own here.
FLAT = {"BaseHTTPRequestHandler"}

# The special methods that are part of how a class is used; the others (__init__, __doc__ and so on) every class has.
SPECIAL = {
    "__bytes__", "__call__", "__contains__", "__delitem__", "__enter__", "__exit__", "__getitem__",
    "__iter__", "__len__", "__next__", "__repr__", "__setitem__", "__str__",
}


def is_public(name):
    return not name.startswith("_") or name in SPECIAL


def is_defined_in(value, module):
    """Whether this is no import: constants have no module, and are taken for what they look like."""
    if inspect.ismodule(value):
        return False
    if inspect.isclass(value) or inspect.isroutine(value):
        return value.__module__ == module.__name__
    return "typing" not in (type(value).__module__, getattr(value, "__module__", None)) or isinstance(value, type(dict[str]))


def set_on_self(owner):
    """What the methods of a class assign to attributes of `self`."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(owner)))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.attr


def names_of(module):
    for name, value in vars(module).items():
        if not is_public(name) or not is_defined_in(value, module):
            continue
        yield name
        if inspect.isclass(value):
            owners = value.__mro__[:-1] if name in FLAT else [value]
            for attribute in {each for owner in owners for each in (*vars(owner), *set_on_self(owner))}:
                if is_public(attribute):
                    yield f"{name}.{attribute}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hasattr(module, "__version__"):
            yield "__version__"


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    for module_name in MODULES:
        for public_name in sorted({*names_of(importlib.import_module(module_name))}):
            print(module_name, public_name)
