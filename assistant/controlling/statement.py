"""The statement's versions: taking, editing, approving, and saying which one counts.

The file in the indexed folder is what answers. Versions that are edited or accepted here are drafts of
the next file: they count once they are exported into the folder and indexed (decision 11).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from assistant.soa_store import Approval, How, NewVersion, SoaStore, Version
from assistant.store import NotAgreed, UnknownRecord
from knowledge.library import Library
from knowledge.passages import Document, Facts, Origin, Reader
from knowledge.soa.differing import Difference, accepted, content_hash, difference
from knowledge.soa.editing import edited
from knowledge.soa.model import Field, Soa
from knowledge.soa.storing import load_soa
from knowledge.standing import begins, version_key
from knowledge.view import View

_INDEXING = "annexa"


@dataclass(frozen=True, slots=True)
class Standing:
    """Which statement counts, and how the last version made here stands to it."""

    answering: Document | None
    """The file in the indexed folder whose rows answer questions today."""
    recorded: Version | None
    """That file's version in the history."""
    last: Version | None
    approval: Approval | None
    """The approval that holds for what the last version says."""
    ahead: Difference
    """What the last version says otherwise; empty where the file says the same."""

    @property
    def said(self) -> str:
        """Say in a sentence or two which one counts."""
        if self.answering is None:
            return "No Statement of Applicability in the indexed folder counts today."
        version = self.answering.facts.version
        named = f"{self.answering.source}" + (f" (version {version})" if version else "")
        if self.last is None or not self.ahead:
            held = (
                f" It says what {self.approval.by} approved on {self.approval.day}."
                if self.approval is not None
                else ""
            )
            return f"Answers come from {named}.{held}"
        state = "approved" if self.approval else "not approved"
        count = len(self.ahead.rows)
        return (
            f"Answers come from {named}. Version {self.last.number}, {state}, differs in "
            f"{count} row{'' if count == 1 else 's'} and does not count yet: export it into the "
            "folder and index."
        )


def catch_up(library: Library, view: View, store: SoaStore, at: datetime) -> tuple[Version, ...]:
    """Record the files that were read since, the oldest version first, and give the new ones."""
    known = {(one.file_hash, one.hash) for one in store.versions()}
    added = []
    for document, soa in _files(library, view):
        said = (document.content_hash, content_hash(soa))
        if said in known:
            continue
        versions = store.versions()
        new = NewVersion(
            soa, How.INDEXED, _INDEXING, file_hash=document.content_hash, read=document.read
        )
        after = versions[-1].number if versions else None
        added.append(store.add(new, at, after=after))
        known.add(said)
    return tuple(added)


def _files(library: Library, view: View) -> list[tuple[Document, Soa]]:
    found = []
    for document in view.of_origin(Origin.SOA):
        stored = library.soa_reading(document.id)
        soa = load_soa(stored) if stored else None
        if soa is not None:
            found.append((document, soa))
    answering = view.soa_document()
    found.sort(
        key=lambda pair: (
            pair[0] == answering,
            begins(pair[0]) or date.min,
            version_key(pair[0].facts.version),
            pair[0].source,
        )
    )
    return found


def standing(library: Library, view: View, store: SoaStore) -> Standing:
    """Say which statement counts on the view's day."""
    document, soa = view.soa_document(), view.soa()
    versions = store.versions()
    last = versions[-1] if versions else None
    recorded = next(
        (one for one in reversed(versions) if document and one.file_hash == document.content_hash),
        None,
    )
    ahead = Difference()
    if last is not None and soa is not None and last.hash != content_hash(soa):
        ahead = difference(soa, store.content(last.number))
    approval = next(
        (
            one.approval
            for one in reversed(versions)
            if last and one.hash == last.hash and one.approval and one.approval.holds
        ),
        None,
    )
    return Standing(document, recorded, last, approval, ahead)


def readable(library: Library, store: SoaStore, reader: Reader) -> tuple[Version, ...]:
    """Give the versions whose file `reader` may read by today's rules."""
    return tuple(one for one in store.versions() if may_read(library, reader, one))


def may_read(library: Library, reader: Reader, version: Version) -> bool:
    """Tell whether `reader` may read the file that a version came from, by today's rules."""
    file = Document(
        id="",
        source=version.source,
        origin=Origin.SOA,
        facts=Facts(title=version.source),
        content_hash=version.file_hash or "",
        read=version.read,
    )
    return library.access().may_read(reader, file)


def content(library: Library, store: SoaStore, number: int, reader: Reader) -> Soa:
    """Give a version's content; a version that may not be read looks like none."""
    if not may_read(library, reader, store.version(number)):
        raise UnknownRecord(f"there is no version {number} of the statement.")
    return store.content(number)


def take(
    store: SoaStore,
    soa: Soa,
    controls: Collection[str] | None,
    *,
    by: str,
    at: datetime,
    file_hash: str,
    note: str | None = None,
) -> tuple[Version, Difference]:
    """Take a file's statement, whole (`controls` None) or only the named rows of it."""
    versions = store.versions()
    last = versions[-1] if versions else None
    before = store.content(last.number) if last else None
    taken = accepted(before, soa, controls)
    whole = controls is None
    changes = difference(before, taken)
    same = last is not None and (last.file_hash, last.hash) == (file_hash, content_hash(taken))
    if whole and last is not None and same:
        return last, changes
    new = NewVersion(
        taken,
        How.IMPORTED if whole else How.ACCEPTED,
        by,
        note=note,
        file_hash=file_hash if whole else None,
    )
    return store.add(new, at, after=last.number if last else None), changes


def edit(
    store: SoaStore,
    control: str,
    changes: Mapping[Field, str],
    *,
    by: str,
    why: str,
    at: datetime,
) -> tuple[Version, Difference]:
    """Change one row of the last version. Raises NotAgreed where nothing would change."""
    last = _last(store)
    before = store.content(last.number)
    after = edited(before, control, changes)
    changed = difference(before, after)
    if not changed:
        raise NotAgreed(f"the row of {control} says that already. Nothing was changed.")
    new = NewVersion(after, How.EDITED, by, note=why, read=last.read)
    return store.add(new, at, after=last.number), changed


def approve(
    store: SoaStore, number: int, shown: str, *, by: str, label: str | None, day: date, at: datetime
) -> Approval:
    """Approve exactly what was shown. `shown` may be a prefix of its hash of eight or more."""
    version = store.version(number)
    whole = version.hash if len(shown) >= 8 and version.hash.startswith(shown) else shown
    return store.approve(number, whole, by, day, at, label)


def to_export(store: SoaStore, number: int) -> Soa:
    """Give a version as it leaves the house: what was approved names who approved it, and when.

    A version that nobody approved names nobody: its basis' approval was for another content."""
    version, soa = store.version(number), store.content(number)
    header = soa.header
    approval = version.approval
    if approval is not None and approval.holds:
        label = approval.label or header.version
        header = replace(
            header, approver=approval.by, approved=approval.day, version=label, date=None
        )
        return replace(soa, header=header, version=label)
    if version.how in (How.EDITED, How.ACCEPTED):
        header = replace(header, approver=None, approved=None)
    return replace(soa, header=header)


def _last(store: SoaStore) -> Version:
    versions = store.versions()
    if not versions:
        raise UnknownRecord(
            "there is no version of the statement yet. Index a folder that holds one, or take one "
            "with `annexa soa import FILE`."
        )
    return versions[-1]
