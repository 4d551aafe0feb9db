"""Files are written whole or not at all."""

import os
import threading
from pathlib import Path

from tracker.store.atomic import write_atomically


def test_an_atomic_write_spares_links_and_pipes(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    got: list[bytes] = []
    reader.start()
    write_atomically(pipe, b"through")
    reader.join(5)
    assert got == [b"through"]
    assert pipe.is_fifo()
