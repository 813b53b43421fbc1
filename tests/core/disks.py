"""File systems of their own for tests of disks that are full, read-only or broken; skipped where this user may not make one."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress

import pytest


def mount(*words):
    """Whether it could be mounted."""
    return subprocess.run(["mount", *map(str, words)], capture_output=True).returncode == 0


def taken_away(place):
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path):
    """24 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() or not mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", place):
        pytest.skip("no file system can be mounted here: that needs root")
    yield place
    taken_away(place)


@pytest.fixture
def failing_disk(tmp_path):
    """(place, fail()): after fail() the kernel takes no write any more, as it does when a disk breaks under it."""
    place, image = tmp_path / "failing", tmp_path / "image"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64_000_000)
    tool = shutil.which("mkfs.ext4") or "/sbin/mkfs.ext4"
    made = os.path.exists(tool) and subprocess.run([tool, "-q", str(image)], capture_output=True).returncode == 0
    if os.geteuid() or not made or not mount("-o", "loop,errors=remount-ro", image, place):
        pytest.skip("no ext4 file system can be made and mounted here: that needs root, e2fsprogs and loop devices")
    yield place, lambda: mount("-o", "remount,abort", place)
    with suppress(subprocess.CalledProcessError):
        taken_away(place)


def read_only(place, wanted=True):
    """Mount it so that it can (not) be written; skipped where the kernel refuses."""
    if not mount("-o", "remount,ro" if wanted else "remount,rw", place):
        pytest.skip("the file system cannot be made read-only: something is open for writing")
