"""Which rows there are: missing, doubled, unknown, of another edition, shifted. S01 to S07, S34."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from knowledge.controls import register
from knowledge.soa.identifiers import SAME_TITLE, best_title, place_of, title_likeness
from knowledge.soa.linting.case import Case, ids, listed, places
from knowledge.soa.linting.model import Confidence, Defect, Severity, defect
from knowledge.soa.linting.words import quoted
from knowledge.soa.model import Edition, Field, SoaRow, Source

_THEMES = {"5": ("organizational", 37), "6": ("people", 8), "7": ("physical", 14),
           "8": ("technological", 34)}  # fmt: skip
_ALIKE = 60.0
_RUN = 3
_COMPARED = "Every control of Annex A must be either included or excluded with a reason."


def structure(case: Case) -> Iterator[Defect]:
    """Yield what is wrong with the list of rows itself."""
    yield from _old_ids(case)
    if not case.is_2013:
        yield from _missing(case)
        yield from _themes(case)
        yield from _titles(case)
    yield from _twice(case)
    yield from _unknown(case)
    yield from _count(case)
    yield from _edition(case)


def _missing(case: Case) -> Iterator[Defect]:
    present = {row.control_id for row in case.rows}
    present |= {target for row in case.rows for target in row.targets}
    missing = [control for control in register().controls if control.id not in present]
    if not missing:
        return
    named = [f"{control.id} {control.title}" for control in missing]
    yield defect(
        "S01",
        f"{'No row for' if len(missing) == 1 else f'{len(missing)} controls have no row:'} "
        f"{listed(named)}.",
        "Add the row and decide whether the control applies, with the reason.",
        _COMPARED,
        controls=tuple(control.id for control in missing),
    )


def _twice(case: Case) -> Iterator[Defect]:
    by_id: dict[str, list[SoaRow]] = defaultdict(list)
    for row in case.rows:
        by_id[row.control_id].append(row)
    for control_id, same in by_id.items():
        if len(same) < 2:
            continue
        written = listed([f"“{row.id_as_written}” in row {row.row}" for row in same])
        differ = len({(row.applicable, row.implementation_status) for row in same}) > 1
        yield defect(
            "S02",
            f"{control_id} has {len(same)} rows: {written}"
            + (", and they decide differently." if differ else "."),
            "Which row counts? Delete the other, or correct its id.",
            "Two rows for one control leave open which decision holds.",
            controls=(control_id,),
            rows=places(same),
            quote=quoted(same[-1], same[-1].id_as_written, Field.CONTROL_ID),
        )


def _unknown(case: Case) -> Iterator[Defect]:
    for row in case.rows:
        if row.source is not Source.UNKNOWN:
            continue
        other, likeness = best_title(row.title) if row.title else (None, 0.0)
        hint = f" Its title is that of {other}." if other and likeness >= SAME_TITLE else ""
        yield defect(
            "S03",
            f"“{row.id_as_written}” is no control of Annex A in either edition.{hint}",
            f"Should it be {other}?"
            if hint
            else "Is the id mistyped, or is it a control of your "
            "own? Then give it an id of your own and mark it so.",
            "An id that does not exist cannot be compared with Annex A.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, row.id_as_written, Field.CONTROL_ID),
        )


def _old_ids(case: Case) -> Iterator[Defect]:
    old = [row for row in case.rows if row.edition is Edition.E2013]
    if not old:
        return
    if case.is_2013:
        yield defect(
            "S04",
            f"{len(old)} of {len(case.rows)} rows have ids of the edition of 2013.",
            "Rebuild the statement on the 93 controls of 2022; each row's targets: "
            + listed([f"{row.control_id} → {', '.join(row.targets)}" for row in old], 4)
            + ".",
            "Certificates to the edition of 2013 ended on 31 October 2025; the comparison is with "
            "Annex A of 2022.",
            controls=ids(old),
            rows=places(old),
            quote=quoted(old[0], old[0].id_as_written, Field.CONTROL_ID),
        )
        return
    for row in old:
        yield defect(
            "S04",
            f"“{row.id_as_written}” is an id of the edition of 2013.",
            f"Its content is in {', '.join(row.targets) or 'no control'} today. Merge the row "
            "into it, or renumber it.",
            "One statement compares with one edition.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, row.id_as_written, Field.CONTROL_ID),
            severity=Severity.WARNING,
        )


def _count(case: Case) -> Iterator[Defect]:
    number = len(case.annex)
    if number == 93 or not number:
        return
    twice = [one for one, n in Counter(row.control_id for row in case.annex).items() if n > 1]
    unknown = [row for row in case.annex if row.source is Source.UNKNOWN]
    missing = [c.id for c in register().controls if case.soa.row(c.id) is None]
    if case.is_2013:
        guess = (
            "114 is the number of controls of 2013." if number == 114 else "The ids are of 2013."
        )
    elif number > 93:
        found = [f"doubled: {listed(twice)}"] if twice else []
        found += [f"no control of Annex A: {listed(list(ids(unknown)))}"] if unknown else []
        old = [row for row in case.annex if row.edition is Edition.E2013]
        found += [f"of the edition of 2013: {listed(list(ids(old)))}"] if old else []
        joined = "; ".join(found)
        guess = f"{joined[0].upper()}{joined[1:]}." if found else "A heading or total is counted."
    else:
        guess = f"A row was lost or merged: {listed(missing)}."
    doubled = [row for row in case.annex if row.control_id in twice]
    yield defect(
        "S05",
        f"There are {number} rows for controls of Annex A, and it has 93. {guess}",
        "Look at the rows named; own controls are not counted.",
        _COMPARED,
        controls=tuple(twice or (missing if number < 93 else ids(unknown))),
        rows=places([*doubled, *unknown])[:20],
    )


def _themes(case: Case) -> Iterator[Defect]:
    for number, (theme, wanted) in _THEMES.items():
        rows = [
            row
            for row in case.annex
            if row.edition is not Edition.E2013 and row.control_id.startswith(f"A.{number}.")
        ]
        if len(rows) == wanted:
            continue
        yield defect(
            "S06",
            f"Theme {number} ({theme} controls) has {len(rows)} rows, and Annex A has {wanted}.",
            "Look for the row that is missing, doubled or numbered into another theme.",
            _COMPARED,
            controls=tuple(
                c.id
                for c in register().controls
                if c.id.startswith(f"A.{number}.") and case.soa.row(c.id) is None
            ),
        )


def _titles(case: Case) -> Iterator[Defect]:
    """Find titles of other controls; in a sheet whose titles are the standard's also strange ones."""
    titled = [
        (row, title_likeness(row.title, row.control_id))
        for row in case.rows
        if row.title and row.edition is Edition.E2022 and place_of(row.control_id) is not None
    ]
    in_its_words = sum(1 for _, own in titled if own >= SAME_TITLE) >= 0.7 * max(len(titled), 1)
    wrong: list[tuple[SoaRow, str | None]] = []
    for row, own in titled:
        other, likeness = best_title(row.title)
        if other and other != row.control_id and likeness >= SAME_TITLE and own + 3 < likeness:
            wrong.append((row, other))
        elif in_its_words and own < _ALIKE and not _is_part(row):
            wrong.append((row, None))
    runs = _runs(wrong)
    for run in runs:
        rows = [row for row, _ in run]
        first, other = run[0]
        shift = f" The column seems shifted from row {first.row} on." if len(run) >= _RUN else ""
        yield defect(
            "S07",
            listed([_mismatch(row, target) for row, target in run], 4) + f".{shift}",
            "Is the id right or the title? Compare the whole row with the control.",
            "The decision and its reasons may stand beside the wrong control.",
            controls=ids(rows),
            rows=places(rows),
            quote=quoted(first, first.title, Field.TITLE),
            confidence=Confidence.CERTAIN if other else Confidence.LIKELY,
        )


def _mismatch(row: SoaRow, other: str | None) -> str:
    control = register().control(row.control_id)
    own = control.title if control else ""
    return f"{row.control_id} ({own}) is titled “{row.title}”" + (
        f", which is {other}" if other else ""
    )


def _is_part(row: SoaRow) -> bool:
    """Tell whether a title only shortens the control's: all its long words are in it."""
    control = register().control(row.control_id)
    whole = {word[:5] for word in control.title.casefold().split()} if control else set()
    said = {word[:5] for word in row.title.casefold().split() if len(word) > 3}
    return bool(said) and len(said & whole) * 2 >= len(said)


def _runs(wrong: list[tuple[SoaRow, str | None]]) -> list[list[tuple[SoaRow, str | None]]]:
    runs: list[list[tuple[SoaRow, str | None]]] = []
    for row, other in wrong:
        last = runs[-1][-1] if runs else None
        near = last is not None and last[0].sheet == row.sheet and row.row - last[0].row <= 6
        if near and last is not None and _offset(*last) == _offset(row, other) is not None:
            runs[-1].append((row, other))
        else:
            runs.append([(row, other)])
    return [part for run in runs for part in ([run] if len(run) >= _RUN else [[o] for o in run])]


def _offset(row: SoaRow, other: str | None) -> int | None:
    mine, theirs = place_of(row.control_id), place_of(other) if other else None
    return None if mine is None or theirs is None else theirs - mine


def _edition(case: Case) -> Iterator[Defect]:
    stated = case.header.edition
    if stated is Edition.E2022:
        return
    why = "A reader must be able to tell with which Annex A it was compared."
    if stated is Edition.E2013:
        place = dict(case.header.found_in).get("edition", "")
        yield defect(
            "S34",
            "The header names the edition of 2013.",
            "State ISO/IEC 27001:2022 once the statement compares with it.",
            why,
            quote=f"edition: 2013 ({place})" if place else "edition: 2013",
        )
    else:
        yield defect(
            "S34",
            "Neither header nor cover says which edition of the standard it is for.",
            "Add a line such as “Standard: ISO/IEC 27001:2022”.",
            why,
        )
