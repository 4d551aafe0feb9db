"""The command on a workspace, and the best model of a bloc in it."""

from click.testing import CliRunner, Result

from tracker.cli import cli
from tracker.workspace import Workspace

MAIN = "Artificial Analysis Intelligence Index"


def run(workspace: Workspace, *args: str) -> Result:
    """The command with these words on `workspace`."""
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *args])


def best(workspace: Workspace, bloc: str) -> dict[str, object]:
    """The row of the bloc's best model on the main index."""
    return workspace.list(bloc=bloc, index=MAIN, version="4.0").sort("value").row(-1, named=True)
