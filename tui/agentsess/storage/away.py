"""Sessions put away: into the archive, back from it, or gone for good; and half-made ones.

Each of these is a row of steps, and whoever is killed between two of them leaves a
store that reads as before or as after. `tidy` finishes what was left.

    pack:    write, check and name the bundle -> mark ``packed`` -> clear the folder
    unpack:  fill and check the folder -> unmark -> remove the bundle
    remove:  (``purging`` was marked) -> move to ``trash/`` -> unlink -> drop the document
    make:    document, marked ``making`` -> history -> unmark

Whose mark says ``packed`` is read from its bundle, all others from their folders. Only
what is archived is packed, and nobody writes to what is archived.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentsess.errors import SessionFenced, SessionLocked, SessionNotFound, Stopped, StoreError
from agentsess.model import JsonObject, Status, utc_now
from agentsess.pace import each
from agentsess.storage.archive import (
    LEASE,
    clear_folder,
    extract_bundle,
    holds_all,
    verify_bundle,
    write_bundle,
)
from agentsess.storage.archive_reading import HISTORY, SUFFIX
from agentsess.storage.journal import make_directory, sync_directory
from agentsess.storage.steps import step

if TYPE_CHECKING:
    from agentsess.storage.store import Changes, FileStore


_MAKING_SECONDS = 60.0
"""A session in the making has nobody's lease for a moment; no longer than this."""


def pack(store: FileStore, session_id: str) -> None:
    """Put the files of an archived session into a bundle; nothing if that was done.

    Raises:
        SessionLocked: Somebody works in it.
        StoreError, Stopped: It cannot be written, or was stopped; all is as it was.
    """
    with store.lease(session_id, agent="archiving") as lease:
        document = store.documents("sessions").get(session_id, {})
        if document.get("status") != Status.ARCHIVED or document.get("packed"):
            return
        bundle, folder = store.archive.path(session_id), store.folder(session_id)
        if (folder / HISTORY).exists() or not bundle.exists():
            write_bundle(folder, bundle, session_id)
        # Else it is packed, and only the mark of that was lost to damage.
        lease.check()

        def mark() -> Mapping[str, Changes]:
            now = store.documents("sessions").get(session_id, {})
            if now.get("status") != Status.ARCHIVED:  # taken out again in the meantime
                return {}
            fields: JsonObject = {
                "packed": True,
                "size_bytes": bundle.stat().st_size,
                "unpacked_bytes": now.get("size_bytes", 0),
            }
            return {"sessions": {session_id: fields}}

        store.transact(mark)
        step("packed")
        if not store.documents("sessions").get(session_id, {}).get("packed"):
            _remove(bundle)
            return
        store.release_history(session_id)
        with suppress(OSError):  # it is archived; `tidy` frees the space
            clear_folder(folder)
        step("cleared")


def unpack(store: FileStore, session_id: str) -> None:
    """Put the files of a packed session back into its folder; nothing if it is not packed.

    Raises:
        SessionLocked: Somebody else does something with it.
        StoreError, Stopped: It cannot be read or written, or was stopped; it is archived as
            before.
    """
    with store.lease(session_id, agent="unarchiving") as lease:
        document = store.documents("sessions").get(session_id, {})
        if not document.get("packed"):
            return
        bundle, folder = store.archive.path(session_id), store.folder(session_id)
        if _has_files(folder):  # left by a process that was killed
            verify_bundle(bundle)
        try:
            clear_folder(folder)
            extract_bundle(bundle, folder)
            lease.check()
        except (OSError, SessionFenced, Stopped) as error:
            with suppress(OSError):
                clear_folder(folder)
            if isinstance(error, StoreError | SessionFenced | Stopped):
                raise
            raise StoreError(f"Cannot unpack {bundle}: {error.strerror or error}.") from error
        size = document.get("unpacked_bytes", 0)
        fields = {"packed": None, "size_bytes": size, "unpacked_bytes": None}
        store.patch("sessions", {session_id: fields})
        step("unpacked")
        with suppress(OSError):
            _remove(bundle)
        step("removed")


def remove_files(store: FileStore, session_id: str) -> None:
    """Remove a session's folder and bundle for good; may be done again if it was cut off.

    Raises:
        StoreError: They cannot be removed; what is left can be next time.
    """
    trash = store.home / "trash"
    sources = (store.folder(session_id), store.archive.path(session_id))
    targets = [trash / path.name for path in sources]
    try:
        for path, target in zip(sources, targets, strict=True):
            if path.exists():
                make_directory(trash)
                _remove(target)  # of a removal that was cut off
                os.rename(path, target)
                sync_directory(path.parent)
        step("moved")
        for target in targets:
            _remove(target)
        step("unlinked")
    except OSError as error:
        raise StoreError(f"Cannot remove {error.filename}: {error.strerror}.") from error


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    else:
        return
    sync_directory(path.parent)


@dataclass(slots=True)
class Tidied:
    """What was left half done and is finished now, by session."""

    archived: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)
    """Those of which a superfluous copy was removed."""
    problems: dict[str, str] = field(default_factory=dict)
    """What could not be finished, and why."""


def tidy(store: FileStore) -> Tidied:
    """Finish what a process that was killed left half done. Sessions in use are left alone,
    and all that it did not come to when it is stopped."""
    done = Tidied()
    documents = dict(store.documents("sessions"))
    left = {p.stem for p in _listed(store.archive.folder) if p.suffix == ".new"}
    begun = [i for i, now in documents.items() if _is_begun(store, i, now)]
    with suppress(Stopped):
        for session_id in each(list(dict.fromkeys([*begun, *left]))):
            try:
                _tidy_one(store, session_id, documents.get(session_id, {}), done)
                if session_id in left:
                    _clean(store, session_id, done)
            except (SessionLocked, SessionNotFound):  # or a file that is none of ours
                continue
            except (OSError, SessionFenced) as error:
                done.problems[session_id] = str(error)
    return done


def _is_begun(store: FileStore, session_id: str, document: JsonObject) -> bool:
    """Whether something may be left half done; it is looked at more closely then."""
    packed, archived = bool(document.get("packed")), document.get("status") == Status.ARCHIVED
    if packed != archived or "purging" in document or _is_abandoned(document):
        return True
    folder, bundle = store.folder(session_id), store.archive.path(session_id)
    try:
        return _has_files(folder) if packed else bundle.exists()
    except OSError:  # the closer look says why
        return True


def _is_abandoned(document: JsonObject) -> bool:
    """Whether a session is in the making for too long; whoever is at it has its lease."""
    if "making" not in document:
        return False
    since = utc_now() - datetime.fromisoformat(document["making"])
    return abs(since.total_seconds()) > _MAKING_SECONDS  # a clock may have been set back


def _tidy_one(store: FileStore, session_id: str, document: JsonObject, done: Tidied) -> None:
    if document.get("purging"):
        with store.lease(session_id, agent="deleting"):
            store.remove("sessions", session_id)
        done.removed.append(session_id)
    elif _is_abandoned(document):
        with store.lease(session_id, agent="tidying"):
            if "making" in store.documents("sessions").get(session_id, {}):
                store.remove("sessions", session_id)
        done.cleaned.append(session_id)
    elif document.get("packed"):
        # Two of these happen only if a record was lost to damage.
        if (store.folder(session_id) / HISTORY).exists() and not store.archive.path(
            session_id
        ).exists():
            store.patch("sessions", {session_id: {"packed": None}})
            done.cleaned.append(session_id)
        elif document.get("status") != Status.ARCHIVED:
            unpack(store, session_id)
        elif _has_files(store.folder(session_id)):
            _clean(store, session_id, done)
    elif document.get("status") == Status.ARCHIVED:
        pack(store, session_id)
        done.archived.append(session_id)
    elif store.archive.path(session_id).exists():
        _clean(store, session_id, done)


def _clean(store: FileStore, session_id: str, done: Tidied) -> None:
    """Remove the one of two copies that does not count; the other was checked before."""
    folder, bundle = store.folder(session_id), store.archive.path(session_id)
    with store.lease(session_id, agent="tidying"):
        document = store.documents("sessions").get(session_id)
        try:
            _remove(bundle.with_name(f"{session_id}.new"))
            if document is None:  # another program's, or none any more
                return
            if document.get("packed"):
                verify_bundle(bundle)
                clear_folder(folder)
            elif bundle.exists():
                if not holds_all(folder, verify_bundle(bundle)):
                    raise StoreError(f"Files of {bundle} are missing in {folder}; both stay.")
                _remove(bundle)
        except OSError as error:
            raise StoreError(str(error)) from error
        done.cleaned.append(session_id)


def unlisted(store: FileStore) -> dict[str, JsonObject]:
    """Sessions whose document was lost to damage; see `SessionStore.unlisted`."""
    histories = list(store.home.glob(f"s/*/*/{HISTORY}"))
    bundles = list(store.archive.folder.glob(f"*{SUFFIX}"))
    listed = store.documents("sessions")  # only now: each is written before its history
    lost: dict[str, JsonObject] = {
        p.parent.name: {} for p in histories if p.parent.name not in listed
    }
    for bundle in bundles:
        session_id = bundle.name.removesuffix(SUFFIX)
        if session_id in listed or session_id in lost:
            continue
        with suppress(StoreError):
            if any(file.name == HISTORY for file in verify_bundle(bundle).files):
                size = bundle.stat().st_size
                lost[session_id] = {"status": "archived", "packed": True, "size_bytes": size}
    return lost


def _has_files(folder: Path) -> bool:
    return any(not path.name.startswith(LEASE) for path in _listed(folder))


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
