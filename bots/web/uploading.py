"""Uploads: read in quarantine, filed among the documents once a lead approves exactly those bytes."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import knowledge
from bots.web.door import Door
from bots.web.showing import access_text
from bots.web.store import Upload
from bots.web.subjects import Subject
from bots.web.trouble import Trouble, not_there
from knowledge.parsing import DocumentError, parse_file

QUARANTINE = "quarantine"
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Uploading:
    """The quarantine of one workspace, and the folder that approved files go to."""

    door: Door
    quarantine: Path
    documents: Path | None
    """Folder that was indexed last; None: there is none yet."""

    def take(self, content: bytes, name: str, subject: Subject, at: datetime) -> Upload:
        """Keep a file apart and try to read it; nothing of it can be found or cited yet.

        It lies under the digest of its bytes: the name that somebody gave it is no path."""
        digest = hashlib.sha256(content).hexdigest()
        shown = _shown_name(name)
        self.quarantine.mkdir(mode=0o700, exist_ok=True)
        path = self.quarantine / f"{digest}{PurePosixPath(shown).suffix.lower()[:10]}"
        title, reason = None, None
        if len(content) > self.door.config.upload_megabytes * 1024 * 1024:
            reason = f"is larger than {self.door.config.upload_megabytes} MB"
        else:
            path.write_bytes(content)
            path.chmod(0o600)
            try:
                title = parse_file(path, shown).facts.title
            except DocumentError as error:
                reason = error.message
        if reason is not None:
            with suppress(FileNotFoundError):
                path.unlink()
        upload = Upload(
            id=secrets.token_hex(12),
            person=subject.id,
            name=shown,
            size=len(content),
            content=digest,
            state="waiting" if reason is None else "unreadable",
            reason=reason,
            title=title,
            at=at,
            decided_by=None,
            decided_at=None,
            filed_as=None,
        )
        self.door.store.add_upload(upload)
        return upload

    def folders(self, subject: Subject) -> list[tuple[str, str]]:
        """Give the folders that an upload may be filed in, each with who may read there."""
        access = self.door.advisor.library.access()
        own = {self.door.config.uploads}
        for document in self.door.view(subject).documents:
            parent = PurePosixPath(document.source).parent.as_posix()
            if ":" not in document.source and parent != ".":
                own.add(parent)
        return [(one, access_text(access.groups(f"{one}/x"))) for one in sorted(own)]

    def approve(
        self, upload_id: str, content: str, folder: str, subject: Subject, at: datetime
    ) -> None:
        """File a waiting upload and index. Raises Trouble; `content` is the digest that was shown."""
        upload = self._waiting(upload_id)
        if upload.content != content:
            raise Trouble(409, "This is not the file that was shown.", next="Reload the page.")
        root = self._root()
        chosen = folder or self.door.config.uploads
        if chosen not in {name for name, _ in self.folders(subject)}:
            raise Trouble(422, "There is no such folder.", next="Choose one of the list.")
        target = root / chosen / upload.name
        if not target.resolve().is_relative_to(root.resolve()):
            raise Trouble(422, "There is no such folder.", next="Choose one of the list.")
        data = self._bytes(upload)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise Trouble(
                409,
                f"{chosen} already holds a file called {upload.name}.",
                next="Refuse this upload and send the file under another name, or file it elsewhere.",
            ) from None
        except OSError as error:
            raise Trouble(
                507,
                f"The file could not be written to {chosen} ({error.strerror}).",
                next="Whoever runs Annexa must let it write there.",
            ) from error
        source = f"{chosen}/{upload.name}"
        self.door.store.decide_upload(
            upload.id, "approved", subject.name, at, reason=upload.reason, filed_as=source
        )
        self._forget(upload)
        self.door.advisor.library.sync(root)
        self.door.referring.reconcile()

    def refuse(self, upload_id: str, reason: str, subject: Subject, at: datetime) -> None:
        """Refuse a waiting upload and delete its bytes. Raises Trouble."""
        upload = self._waiting(upload_id)
        self.door.store.decide_upload(upload.id, "refused", subject.name, at, reason=reason)
        self._forget(upload)

    def _root(self) -> Path:
        root = self.documents
        if root is None or not root.is_dir():
            raise Trouble(
                409,
                "There is no folder of documents to file this in.",
                kept="The upload still waits.",
                next="Run `annexa index FOLDER` first.",
            )
        if root.resolve().is_relative_to(Path(knowledge.__file__).parent):
            raise Trouble(
                409,
                "The sample organisation is a part of Annexa and is not changed.",
                kept="The upload still waits.",
                next="Index a folder of your own; uploads are filed there.",
            )
        return root

    def _waiting(self, upload_id: str) -> Upload:
        upload = self.door.store.upload(upload_id)
        if upload is None:
            raise not_there()
        if upload.state != "waiting":
            raise Trouble(409, "This upload was settled already.", next="Reload the page.")
        return upload

    def _path(self, upload: Upload) -> Path:
        return self.quarantine / f"{upload.content}{PurePosixPath(upload.name).suffix.lower()[:10]}"

    def _bytes(self, upload: Upload) -> bytes:
        try:
            data = self._path(upload).read_bytes()
        except OSError as error:
            raise Trouble(
                409, "The file is no longer in the quarantine.", next="Have it sent again."
            ) from error
        if hashlib.sha256(data).hexdigest() != upload.content:
            raise Trouble(
                409, "The file in the quarantine was changed.", next="Have it sent again."
            )
        return data

    def _forget(self, upload: Upload) -> None:
        """Delete bytes that no other waiting upload needs."""
        needed = any(
            one.content == upload.content and one.state == "waiting" and one.id != upload.id
            for one in self.door.store.uploads()
        )
        if not needed:
            with suppress(FileNotFoundError):
                self._path(upload).unlink()


def uploading(door: Door) -> Uploading:
    """Give the uploads of a door's workspace."""
    held = door.advisor.library.snapshot().state.get("folder")
    place = door.advisor.settings.workspace / QUARANTINE
    return Uploading(door, place, Path(held) if held else None)


def _shown_name(name: str) -> str:
    """Give the last part of a name that somebody sent, as a name that a folder can hold."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(one for one in last if one.isprintable() and one not in '<>:"|?*').strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if dot:
        kept = f"{stem[: _LONGEST_NAME - len(suffix)]}.{suffix}"[:_LONGEST_NAME]
    else:
        kept = kept[:_LONGEST_NAME]
    return kept.lstrip(".") or "upload"
