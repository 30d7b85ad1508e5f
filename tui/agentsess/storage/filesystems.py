"""What kind of file system a folder is on, as far as it matters to locks."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

_NETWORK = (
    "nfs", "cifs", "smb", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs", "lustre",
    "ncpfs", "coda", "davfs", "fuse.rclone", "fuse.s3fs",
)  # fmt: skip


def network_file_system(folder: Path) -> str:
    """The type of the network file system a folder is on; empty if it is local or unknown.

    Known on Linux alone: elsewhere the answer is empty.
    """
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    return _kind(os.stat(existing).st_dev)


@lru_cache(maxsize=16)
def _kind(device: int) -> str:
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return kind_in(text, number)


def kind_in(mountinfo: str, device: str) -> str:
    """The network file system that a device (``major:minor``) is, by proc(5)'s mountinfo."""
    for line in mountinfo.splitlines():
        mounted, _, described = line.partition(" - ")
        fields = mounted.split()
        if len(fields) > 2 and fields[2] == device and described:
            kind = described.split()[0]
            return kind if kind.startswith(_NETWORK) else ""
    return ""
