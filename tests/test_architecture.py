"""What the contracts of imports (pyproject.toml) cannot say."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "forecasts", "tracker")
EXTERNAL = {
    "models": {"numpy", "scipy", "statsmodels"},
    "forecasts": {"numpy", "polars", "scipy"},
}
# Their signatures are the requests themselves, one option an argument.
DOOR = "tracker/workspace.py"
MOST_PARAMETERS = 8
MOST_LINES = 450


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        place = ROOT / package
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text("utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """Top names of what a module imports, inside functions too."""
    names = [
        name
        for node in ast.walk(tree)
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    ]  # fmt: skip
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", EXTERNAL)
def test_the_statistics_need_few_libraries(package: str) -> None:
    allowed = EXTERNAL[package] | {"models", package} | set(sys.stdlib_module_names)
    for file, tree in sources(package):
        assert imported(tree) <= allowed, file


def test_tests_of_the_statistics_know_no_program() -> None:
    for file, tree in sources("tests/forecasts", "tests/models"):
        assert "tracker" not in imported(tree), file


def test_every_module_of_the_statistics_is_guarded_by_a_test_of_its_name() -> None:
    missing = [
        file
        for package in ("models", "forecasts")
        for file, tree in sources(package)
        if not file.endswith("__init__.py") and tree.body[1:] and file != "forecasts/errors.py"
        if not (ROOT / "tests" / Path(file).parent / f"test_{Path(file).name}").is_file()
    ]
    assert missing == []


def parameters(function: ast.FunctionDef) -> int:
    given = function.args
    return len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)


def is_command(function: ast.FunctionDef, file: str) -> bool:
    """A callback of click has as many parameters as its command has options of its own."""
    decorators = [ast.unparse(d) for d in function.decorator_list]
    return file.startswith("tracker/cli/") and any(d.startswith("command(") for d in decorators)


def test_no_function_takes_more_than_eight_parameters() -> None:
    many = [
        f"{file}: {node.name} takes {parameters(node)}"
        for file, tree in sources(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and file != DOOR and not is_command(node, file)
        if parameters(node) > MOST_PARAMETERS
    ]
    assert many == []


def test_the_door_takes_no_keyword_of_any_kind() -> None:
    """`**name: Any` hides from the type checker what a method is called with."""
    hidden = [
        node.name
        for _, tree in sources(DOOR)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.args.kwarg is not None
        if ast.unparse(node.args.kwarg.annotation or ast.Name("Any")) in {"Any", "object"}
    ]
    assert hidden == []


def test_files_have_one_subject() -> None:
    long = [
        file
        for package in PACKAGES
        for file in sorted(str(f.relative_to(ROOT)) for f in (ROOT / package).rglob("*.py"))
        if len((ROOT / file).read_text("utf-8").splitlines()) > MOST_LINES and file != DOOR
    ]
    assert long == []


def test_the_contracts_forbid_every_library_that_is_not_allowed() -> None:
    """A dependency that is added is either allowed to a package or forbidden by its contract."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    listed = [*project["project"]["dependencies"], *extras["test"], *extras["cluster"],
              *extras["browser"]]  # fmt: skip
    names = {line.partition(">")[0].replace("-", "_") for line in listed}
    modules = {"axe_playwright_python": "axe_playwright_python", "pytest_xdist": "xdist",
               "pyyaml": "yaml"}  # fmt: skip
    every = {modules.get(name, name) for name in names}
    forbidden = {
        contract["source_modules"][0]: set(contract["forbidden_modules"])
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "forbidden"
    }
    for package, allowed in EXTERNAL.items():
        assert forbidden[package] == every - allowed
