"""Sessions: `nox` runs lint, types, the README's commands and tests; the rest are named with -s."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "readme", "tests"]
nox.options.reuse_existing_virtualenvs = True
# A version of Python that is not on this machine is skipped, saying so.
nox.options.error_on_missing_interpreters = False


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, and the contracts of imports."""
    session.install("import-linter>=2.17", "ruff>=0.9")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strict where pyproject.toml says so."""
    session.install(".[test,types]")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite, against the installed package."""
    session.install(".[test,cluster,browser]")
    # One process a core; a file stays together, for what its tests share takes seconds to make.
    session.run("pytest", "-m", "not slow", "-n", "auto", "--dist", "loadfile", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """The long proofs."""
    session.install(".[test,cluster,browser]")
    session.run("pytest", "-m", "slow", "-rP", *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13"])
def versions(session: nox.Session) -> None:
    """The test suite on each version of Python that is supported."""
    session.install(".[test]")
    session.run("pytest", "-m", "not slow", "-n", "auto", "--dist", "loadfile", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The tour and the test suite with the lowest versions that pyproject.toml allows."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    bounds = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lowest = Path(session.create_tmp()) / "lowest.txt"
    lowest.write_text("".join(f"{bound.replace('>=', '==')}\n" for bound in bounds))
    session.install(".[test]", "--constraint", str(lowest))
    session.run("tracker", "demo", str(lowest.parent / "demo"))
    # How a figure looks changes with the version that draws it.
    looks = "--ignore=tests/tracker/charts/test_images.py"
    session.run("pytest", "-m", "not slow", looks, "-n", "auto", "--dist", "loadfile",
                *session.posargs)  # fmt: skip


@nox.session
def reference(session: nox.Session) -> None:
    """docs/commands.md anew from the command line."""
    session.install(".")
    page = session.run("python", "-m", "tracker.cli.reference", silent=True)
    Path("docs/commands.md").write_text(str(page), "utf-8")


@nox.session
def readme(session: nox.Session) -> None:
    """Every `console` and `python` block of the README, in order, in an empty folder."""
    session.install(".")
    text = Path("README.md").read_text("utf-8")
    folder = Path(session.create_tmp())
    for kind, block in re.findall(r"```(console|python)\n(.*?)```", text, re.DOTALL):
        if kind == "python":
            session.log(block)
            with session.chdir(folder):
                session.run("python", "-c", block, silent=True)
            continue
        # A block shows what a person types after a dollar sign; what follows is output.
        for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
            session.log(line)
            env = {**os.environ, "PATH": f"{session.bin}:{os.environ['PATH']}"}
            done = subprocess.run(
                ["bash", "-ec", line], cwd=folder, env=env, capture_output=True, text=True
            )
            if done.returncode:
                session.error(f"`{line}` failed: {done.stderr}")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Speed as ratios, side by side in one run."""
    session.install(".", "duckdb>=1.1")
    session.run("python", "benchmarks/startup.py")
    session.run("python", "benchmarks/forecasting.py")
    session.run("python", "benchmarks/store.py")
