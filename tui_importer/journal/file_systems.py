"""The file system of a folder: a journal works on the disks of one machine only.

SQLite's write-ahead log has an index in memory that all processes map. Machines that mount the same folder do not share
that memory: two of them damage the journal, even if the second one only reads. Nor does a lock on the one hold on the
other when the folder is local to one of them. So on such a folder no journal is opened but one that is at rest, to be
read.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from tui_importer.journal.errors import OnNetworkDisk
from tui_importer.text import safe

MOUNTS = Path("/proc/self/mountinfo")
"""What is mounted where, on Linux."""
MOUNT_COMMAND = Path("/sbin/mount")
"""What lists the same on macOS."""

_NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "afs", "afpfs", "ncpfs", "davfs", "webdav"),
        *("ceph", "lustre", "gpfs", "beegfs", "orangefs", "pvfs2", "ocfs2", "gfs2", "glusterfs", "moosefs", "juicefs"),
        *("sshfs", "curlftpfs", "rclone", "s3fs", "goofys", "mount-s3", "gcsfuse", "blobfuse", "blobfuse2"),
        *("drvfs", "vboxsf", "vmhgfs", "vmhgfs-fuse", "prl_fs"),  # disks of the machine around this one
    }
)
"""Types, also after `fuse.`, of which several machines may have the same folder."""

_known: dict[int, str] = {}
"""Types by device: a list of jobs asks for one again and again."""


def refuse_network_disk(folder: Path) -> None:
    """Raise OnNetworkDisk when `folder`, or what exists of the way to it, is on a network file system."""
    if kind := network_disk(folder):
        raise OnNetworkDisk(
            f"The folder {safe(folder)} is on a network disk ({safe(kind, 40)}), where a job's journal is damaged when "
            "two machines have it open.",
            "Set TUI_IMPORTER_HOME (for the demo and a dry run TMPDIR) to a folder on a disk of this machine; jobs at "
            "rest can be copied there.",
        )


def network_disk(folder: Path) -> str:
    """The type of the network file system that `folder` is on; "" for a local or an unknown one."""
    for path in (folder, *folder.parents):
        try:
            device = path.stat().st_dev
            if device not in _known:
                _known[device] = _type_on_macos(path.resolve()) if sys.platform == "darwin" else _type_on_linux(device)
        except FileNotFoundError:  # the folder, which is made later, or what lists the mounts
            continue
        except OSError:  # the system does not say
            return ""
        kind = _known[device]
        return kind if kind.removeprefix("fuse.") in _NETWORK else ""
    return ""


def _type_on_linux(device: int) -> str:
    """The type of what is mounted as `device`. WSL has the disks of Windows as a `9p` that says so."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields, _, rest = line.partition(" - ")
        if fields.split(" ")[2:3] == [number]:
            kind, _, more = rest.partition(" ")
            return "drvfs" if kind == "9p" and "aname=drvfs" in more else kind
    return ""


def _type_on_macos(folder: Path) -> str:
    """The type of the innermost mount above `folder`, by lines like `//me@host/x on /Volumes/x (smbfs, nodev)`."""
    import subprocess

    listed = subprocess.run([MOUNT_COMMAND], capture_output=True, check=False).stdout  # noqa: S603 - ours
    mounts = re.findall(r"^.* on (/.*) \((\w+)", listed.decode(errors="surrogateescape"), re.MULTILINE)
    above = [(len(place), kind) for place, kind in mounts if folder.is_relative_to(place)]
    return max(above, default=(0, ""))[1]
