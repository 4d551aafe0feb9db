"""How long `tracker --help` and `tracker --version` take beside `python -c "import click"`."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 15
COMMANDS = {
    "import click": [sys.executable, "-c", "import click"],
    "tracker --help": [str(Path(sys.executable).parent / "tracker"), "--help"],
    "tracker --version": [str(Path(sys.executable).parent / "tracker"), "--version"],
}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(REPEATS):  # in turn, so that a busy moment hits all alike
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    base = statistics.median(times["import click"])
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:20} median {1000 * median:6.0f} ms   {median / base:.2f} x import click")


if __name__ == "__main__":
    main()
