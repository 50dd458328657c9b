"""Whether citations hold: each is there, may be read, is verbatim, and bears what it stands under.

Sentences are judged by what they name: numbers, ids, how firmly something is said. Nothing here asks
a language model, and the right to read is worked out from the rules again rather than asked of
what is measured. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.domain.claims import Claim, Source, Supported
from assistant.verifying import Verifier
from eval.scoring.telling import plain
from knowledge.passages import EVERYONE, Citation
from knowledge.text import fold, is_verbatim, sentences

_MARK = re.compile(r"\[(\d+)\]")
_FACT = re.compile(r"\d[\w.\-/]*|\b[A-Z]{2,}-\w+")
_REST = re.compile(r"\s*^(?:Sources|Quellen)\s*:?\s*$.*", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about one citation."""

    exists: bool
    """The passage is in the library."""
    readable: bool
    """The asker may read its document."""
    verbatim: bool
    """The quote stands in the passage."""
    labelled: bool
    """Title, identifier and version are those of the passage's document."""

    @property
    def holds(self) -> bool:
        """Tell whether nothing is wrong with it."""
        return self.exists and self.readable and self.verbatim and self.labelled


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer that states something, and whether its sources say so."""

    text: str
    marks: tuple[int, ...]
    """Numbers of the citations under which it stands; none: it names no source."""
    supported: bool


@dataclass(frozen=True, slots=True)
class Support:
    """How the sentences of one answer stand."""

    sentences: tuple[Sentence, ...]

    @property
    def cited(self) -> tuple[Sentence, ...]:
        """Give those that name a source."""
        return tuple(one for one in self.sentences if one.marks)

    @property
    def precision(self) -> float | None:
        """Give the share of cited sentences that are supported; None without any."""
        return _share([one.supported for one in self.cited])

    @property
    def recall(self) -> float | None:
        """Give the share of all stating sentences that cite what supports them."""
        return _share([bool(one.marks) and one.supported for one in self.sentences])


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def may_read(
    rule: Collection[str] | None, own: Collection[str] | None, groups: Collection[str]
) -> bool:
    """Tell whether rule and front matter (None: everyone) both let someone in `groups` read."""
    return all(
        one is None or EVERYONE in one or not set(one).isdisjoint(groups) for one in (rule, own)
    )


def check(
    citation: Citation,
    source: Source | None,
    *,
    readable: bool,
    identifier: str | None,
    version: str | None,
) -> Checked:
    """Check one citation against the passage that it names and the facts of its document."""
    if source is None:
        return Checked(exists=False, readable=False, verbatim=False, labelled=False)
    return Checked(
        exists=True,
        readable=readable,
        verbatim=is_verbatim(citation.quote, source.passage.text),
        labelled=(citation.document, citation.identifier, citation.version)
        == (source.title, identifier, version),
    )


def support(
    text: str, citations: Sequence[Citation], sources: Mapping[str, Source], *, question: str
) -> Support:
    """Judge every sentence of an answer that states something.

    `sources` holds the cited passages by id. A sentence without a mark stands under the marks
    above it when it continues a list or a quote."""
    labels = {number: _label(citation) for number, citation in enumerate(citations, 1)}
    verifier = Verifier(sources, question=question)
    judged = []
    for said, marks, continues in _stated(text):
        known = [number for number in marks if 1 <= number <= len(citations)]
        cited = [citations[number - 1].passage for number in known]
        texts = [sources[one].passage.text for one in cited if one in sources]
        about = [labels[number] for number in known] if marks else list(labels.values())
        everything = "\n".join((*about, question))
        facts = _FACT.findall(said)
        if not marks and not facts:
            continue  # a framing sentence that states nothing of its own
        stands = bool(texts) and _stands(said, cited, texts, verifier)
        if not stands and continues != "rule":
            # A line about the source itself: version, section, dates, state.
            stands = bool(facts) and all(_holds(everything, fact) for fact in facts)
        judged.append(Sentence(said, tuple(marks), stands))
    return Support(tuple(judged))


def _stands(said: str, cited: Sequence[str], texts: Sequence[str], verifier: Verifier) -> bool:
    # "In general: …": a lead-in says whose words follow, and is none of them.
    wholes = [fold(one).rstrip(".:") for one in (said, said.partition(": ")[2]) if one]
    held = [fold(one) for text in texts for one in (text, plain(text))]
    if any(whole in one for whole in wholes for one in held):
        return True
    return isinstance(verifier.check(Claim(said, tuple(cited))), Supported)


def _holds(everything: str, fact: str) -> bool:
    bare = re.escape(fact.rstrip(".,:;)"))
    return re.search(rf"(?<![\w.]){bare}(?!\w)", everything) is not None


def _label(citation: Citation) -> str:
    """Say what a citation says of its source, as a line of text."""
    page = f"page {citation.page}" if citation.page else None
    version = f"v{citation.version} {citation.version}" if citation.version else None
    parts = (
        *(citation.document, citation.identifier, version, citation.status, citation.approved),
        *(citation.effective, citation.section, page, citation.row, citation.source),
    )
    return " ".join(str(part) for part in parts if part)


def _stated(text: str) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Give (sentence, marks, form) of what an answer states; headings and places are no rules."""
    carried: tuple[int, ...] = ()
    for block in re.split(r"\n\s*\n", _REST.sub("", text)):
        for line in _logical_lines(block):
            own = tuple(int(number) for number in _MARK.findall(line))
            form = (
                "rule" if line.startswith((">", "-", "*")) and not line.startswith("**") else "line"
            )
            if line.startswith(("— ", "## ")):
                form = "place"
            if own:
                carried = own
            marks = own or (carried if form in {"rule", "place"} else ())
            for sentence in sentences(plain(line).lstrip("— ")):
                bare = sentence.strip()
                if re.search(r"\w", bare) and not bare.endswith((":", "?")):
                    yield bare, marks, form


def _logical_lines(block: str) -> list[str]:
    """Join wrapped lines; a quote, a list item or a place begins a new one."""
    lines: list[str] = []
    for line in block.splitlines():
        starts = re.match(r"\s*(?:>|[-*•]\s|— |#|\|)", line) is not None
        if starts or not lines:
            lines.append(line.strip())
        else:
            lines[-1] += " " + line.strip()
    return lines
