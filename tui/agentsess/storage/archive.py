"""Archived sessions: a folder as one compressed file that proves that it is whole.

A bundle is a tar of zstd frames (``tar --zstd -xf`` reads it). Its first member,
``manifest.json``, gives the size and SHA-256 of every file behind it. A bundle gets its
name only after it was written, flushed, read again and found to be what was packed.

Each frame holds 1 MB by itself, so that damage costs that much and not all behind it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, cast

from agentsess.errors import Stopped, StoreError
from agentsess.model import utc_now
from agentsess.pace import took
from agentsess.storage.journal import make_directory, sync_directory
from agentsess.storage.steps import step

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

FORMAT = "agentsess.archive"
VERSION = 1
_MANIFEST = "manifest.json"
LEASE = "lease"
"""What the names of files begin with that stay: they say who works in a session."""
_FRAME = 1024 * 1024
_OPTIONS = {
    int(zstd.CompressionParameter.compression_level): 6,
    int(zstd.CompressionParameter.checksum_flag): 1,
}
_BROKEN = (OSError, EOFError, zstd.ZstdError, tarfile.TarError, ValueError, KeyError, TypeError)
"""What reading a bundle that is not whole may raise."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a bundle."""

    name: str
    """Path below the session's folder."""
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle holds."""

    session: str
    created: str
    folders: tuple[str, ...]
    files: tuple[Member, ...]

    def to_bytes(self) -> bytes:
        """As the bundle's first member."""
        # Not msgspec: a name that is no Unicode is written as escapes and comes back.
        value = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps(value, indent=1).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """The reverse; ValueError, KeyError or TypeError if it is something else."""
        value = json.loads(data)
        if value["format"] != FORMAT or value["version"] > VERSION:
            raise ValueError("a newer agentsess wrote it")
        files = tuple(Member(f["name"], f["size"], f["sha256"]) for f in value["files"])
        names = [*value["folders"], *(file.name for file in files)]
        if any(PurePosixPath(name).is_absolute() or ".." in name.split("/") for name in names):
            raise ValueError("a name leads out of it")
        return cls(value["session"], value["created"], tuple(value["folders"]), files)


# -- writing


def write_bundle(
    folder: Path, bundle: Path, session_id: str, names: Sequence[str] | None = None
) -> None:
    """Pack a folder, and see that the bundle holds all of it; the folder stays as it is.

    Args:
        folder: What is packed.
        bundle: Where to.
        session_id: Whose it is.
        names: What of the folder; None: all of it but for leases.

    Raises:
        StoreError, Stopped: There is no new bundle.
    """
    temporary = bundle.with_name(f"{session_id}.new")
    try:
        make_directory(bundle.parent)
        manifest = _survey(folder, session_id, names)
        _write(temporary, folder, manifest)
        step("written")
        if verify_bundle(temporary) != manifest:
            raise StoreError(f"{temporary} does not hold what was to be archived.")
        step("verified")
        os.replace(temporary, bundle)
        sync_directory(bundle.parent)
        step("named")
    except (OSError, Stopped) as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, StoreError | Stopped):
            raise
        raise StoreError(f"Cannot archive {folder}: {error.strerror or error}.") from error


def _survey(folder: Path, session_id: str, names: Sequence[str] | None = None) -> Manifest:
    """What a folder holds, but for its leases, or some of it.

    Raises:
        StoreError: Something in it is neither a file nor a folder.
    """
    folders: list[str] = []
    files: list[Member] = []
    if names is None:
        names = [name for name in os.listdir(folder) if not name.startswith(LEASE)]
    tops = [folder / name for name in names if os.path.lexists(folder / name)]
    for path in sorted(each for top in tops for each in (top, *top.rglob("*"))):
        name = path.relative_to(folder).as_posix()
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            folders.append(name)
        elif stat.S_ISREG(mode):
            digest, size = hashlib.sha256(), 0
            with path.open("rb") as file:
                for chunk in read_chunks(file):
                    digest.update(chunk)
                    size += len(chunk)
            files.append(Member(name, size, digest.hexdigest()))
        else:
            raise StoreError(f"Cannot archive {path}: it is neither a file nor a folder.")
    return Manifest(session_id, utc_now().isoformat(), tuple(folders), tuple(files))


def _write(path: Path, folder: Path, manifest: Manifest) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        frames = _Frames(fd)
        with tarfile.open(fileobj=cast(IO[bytes], frames), mode="w") as tar:
            data = manifest.to_bytes()
            tar.addfile(_tar_info(_MANIFEST, len(data)), BytesIO(data))
            for name in manifest.folders:
                tar.addfile(_tar_info(f"{manifest.session}/{name}", 0, tarfile.DIRTYPE))
            for member in manifest.files:
                with (folder / member.name).open("rb") as file:
                    tar.addfile(_tar_info(f"{manifest.session}/{member.name}", member.size), file)
        frames.finish()
        os.fsync(fd)
    finally:
        os.close(fd)


def _tar_info(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mtime = size, kind, int(utc_now().timestamp())
    info.mode = 0o700 if kind == tarfile.DIRTYPE else 0o600
    return info


class _Frames:
    """Takes bytes as a file does, and writes them as zstd frames."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pending = bytearray()
        self._taken = 0

    def write(self, data: bytes) -> int:
        self._pending += data
        self._taken += len(data)
        took(len(data))
        while len(self._pending) >= _FRAME:
            write_all(self._fd, zstd.compress(self._pending[:_FRAME], options=_OPTIONS))
            del self._pending[:_FRAME]
        return len(data)

    def tell(self) -> int:
        return self._taken

    def finish(self) -> None:
        write_all(self._fd, zstd.compress(self._pending, options=_OPTIONS))


def write_all(fd: int, data: bytes) -> None:
    """Write bytes, however few of them the system takes at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


# -- reading

Receiver = Callable[[Member, Iterator[bytes]], None]
"""Takes a file's bytes; it must take all of them."""


def read_bundle(bundle: Path, receive: Receiver) -> Manifest:
    """Read a bundle through; every size and sum is checked.

    Raises:
        StoreError: It is not whole, or cannot be read; or ``receive`` raised it.
    """
    try:
        with zstd.ZstdFile(bundle) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            manifest = Manifest.from_bytes(_content(tar, tar.next(), _MANIFEST).read())
            for name in manifest.folders:
                info = tar.next()
                if info is None or not info.isdir() or info.name != f"{manifest.session}/{name}":
                    raise ValueError(f"{name} is missing")
            for member in manifest.files:
                content = _content(tar, tar.next(), f"{manifest.session}/{member.name}")
                receive(member, _checked(content, member))
            if tar.next() is not None:
                raise ValueError("it holds more than it lists")
            _exhaust(read_chunks(plain))  # the checksum of the last frame
            return manifest
    except StoreError:
        raise
    except _BROKEN as error:
        raise StoreError(f"The archive {bundle} is damaged: {error}.") from error


def verify_bundle(bundle: Path) -> Manifest:
    """What a bundle holds, after all of it was read and checked; raises StoreError."""
    return read_bundle(bundle, lambda _, chunks: _exhaust(chunks))


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo | None, name: str) -> IO[bytes]:
    content = tar.extractfile(info) if info and info.isreg() and info.name == name else None
    if content is None:
        raise ValueError(f"{name} is missing")
    return content


def _checked(content: IO[bytes], member: Member) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for chunk in read_chunks(content):
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if (size, digest.hexdigest()) != (member.size, member.sha256):
        raise ValueError(f"{member.name} is not what was archived")


def read_chunks(file: IO[bytes] | zstd.ZstdFile, limit: int = sys.maxsize) -> Iterator[bytes]:
    """What a file holds, up to a number of bytes."""
    while chunk := file.read(min(_FRAME, limit)):
        limit -= len(chunk)
        took(len(chunk))
        yield chunk


def _exhaust(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass


# -- putting back and away


def extract_bundle(bundle: Path, folder: Path) -> None:
    """Make a folder what was packed, durably, and see that it is; the bundle stays.

    Raises:
        StoreError, Stopped: The folder may hold a part of it.
    """

    def receive(member: Member, chunks: Iterator[bytes]) -> None:
        path = folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            for chunk in chunks:
                write_all(fd, chunk)
            os.fsync(fd)
        finally:
            os.close(fd)

    def receive_or_tell(member: Member, chunks: Iterator[bytes]) -> None:
        try:
            receive(member, chunks)
        except OSError as error:
            raise StoreError(f"Cannot unpack {bundle}: {error.strerror or error}.") from error

    make_directory(folder)
    manifest = read_bundle(bundle, receive_or_tell)
    step("extracted")
    try:
        for name in manifest.folders:
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (folder, *(folder / name for name in manifest.folders)):
            sync_directory(path)
        now = _survey(folder, manifest.session)
    except OSError as error:
        raise StoreError(f"Cannot unpack {bundle}: {error.strerror or error}.") from error
    if (now.folders, now.files) != (manifest.folders, manifest.files):
        raise StoreError(f"{folder} does not hold what was archived; {bundle} does.")


def clear_folder(folder: Path) -> bool:
    """Remove what is in a folder, but for its leases; True if there was anything.

    The folder stays: whoever waits for a lease in it must not wait at a removed file.
    """
    if not folder.is_dir():
        return False
    found = [p for p in sorted(folder.rglob("*"), reverse=True) if p.parent != folder]
    found += [p for p in sorted(folder.iterdir()) if not p.name.startswith(LEASE)]
    for path in found:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    if found:
        sync_directory(folder)
    return bool(found)


def holds_all(folder: Path, manifest: Manifest) -> bool:
    """Whether all files of a bundle are in a folder, as long as they were or longer."""
    sizes = {f.name: f.size for f in manifest.files}
    try:
        return all((folder / name).stat().st_size >= size for name, size in sizes.items())
    except FileNotFoundError:
        return False
