"""Which folders are on a network disk: by the list of mounts on Linux, by `mount` on macOS."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.journal.filled import record
from tui_importer.journal import file_systems, reader
from tui_importer.journal.errors import OnNetworkDisk
from tui_importer.journal.file_systems import network_disk, refuse_network_disk
from tui_importer.journal.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_systems, "_known", {})


def mounted(monkeypatch: pytest.MonkeyPatch, folder: Path, kind: str) -> None:
    """Let Linux say that the disk of `folder` is of this type."""
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    lines = (
        "22 1 0:9999 / /proc rw,relatime - nfs4 elsewhere:/ rw",
        f"36 22 {number} /a\\040b /mnt/a\\040b rw,relatime shared:1 master:2 - {kind} what:/is rw,vers=4.2",
        f"40 22 {number}9 / /other rw - ext4 /dev/x rw",
    )
    listed = folder / "mountinfo"
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(file_systems, "_known", {})
    monkeypatch.setattr(file_systems, "MOUNTS", listed)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.s3fs", "ceph", "lustre", "vboxsf"])
def test_network_types_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounted(monkeypatch, tmp_path, kind)
    assert network_disk(tmp_path) == kind
    with pytest.raises(OnNetworkDisk, match=rf"network disk \({kind}\)") as caught:
        refuse_network_disk(tmp_path / "jobs" / "not made yet")
    assert caught.value.exit_code == 2
    assert "TUI_IMPORTER_HOME" in caught.value.next


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuse.gocryptfs", "virtiofs", "9p"]
)
def test_local_types_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounted(monkeypatch, tmp_path, kind)
    assert network_disk(tmp_path) == ""


def test_the_disks_of_windows_are_not_local_to_wsl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, tmp_path, "9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000")
    assert network_disk(tmp_path) == "drvfs"


def test_where_nobody_lists_mounts_a_disk_counts_as_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_systems, "MOUNTS", tmp_path / "nothing")
    assert network_disk(tmp_path) == ""


MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse, protect)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
//me@files/home on {folder}/share on files (smbfs, nodev, nosuid, mounted by me)
files:/export on {folder}/nfs (nfs, nodev, nosuid, automounted)
/dev/disk4s1 on {folder}/nfs/stick (exfat, local, nodev)
"""


@pytest.mark.parametrize(("place", "kind"), [("share on files", "smbfs"), ("nfs", "nfs"), ("nfs/stick", ""), ("", "")])
def test_macos_lists_its_mounts_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: str
) -> None:
    folder = tmp_path / place
    folder.mkdir(parents=True, exist_ok=True)
    listed = tmp_path / "listed"
    listed.write_text(MACOS.format(folder=tmp_path.resolve()), encoding="utf-8")
    command = tmp_path / "mount"
    command.write_text(f"#!/bin/sh\ncat '{listed}'\n", encoding="utf-8")
    command.chmod(stat.S_IRWXU)
    monkeypatch.setattr(file_systems, "MOUNT_COMMAND", command)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert network_disk(folder) == kind


def test_neither_a_new_nor_an_old_journal_is_opened_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.create(tmp_path, record())
    mounted(monkeypatch, tmp_path, "nfs")
    with pytest.raises(OnNetworkDisk):
        Journal(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(OnNetworkDisk):
        Journal.create(other, record())
    assert list(other.iterdir()) == []


def test_without_a_temporary_folder_sqlite_sorts_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.create(tmp_path, record())

    def temporary_store() -> int:
        with closing(reader.connect(reader.journal_of(tmp_path), "ro")) as connection:
            found: tuple[int] = connection.execute("PRAGMA temp_store").fetchone()
            return found[0]

    monkeypatch.setattr(os, "access", lambda *_: True)
    assert temporary_store() == 0, "files, as SQLite is built"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert temporary_store() == 2, "memory"
