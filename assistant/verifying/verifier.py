"""Comparing a claim with the passages that it cites."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.domain.claims import Claim, Reason, Source, Supported, Unsupported
from assistant.verifying import modality
from assistant.verifying.facts import Fact, Kind, agrees, facts, identifier
from assistant.verifying.language import language_of
from assistant.verifying.modality import Force, contradicts, forces
from assistant.verifying.nearness import NEAR, Stretch, exchanged, likeness
from assistant.verifying.opposing import opposed
from assistant.verifying.reading import Clause, Reading, Unit, clauses, read
from assistant.verifying.shown import shown
from assistant.verifying.states import answers_of_row, states_of, states_of_row
from assistant.verifying.wording import (
    Lexis,
    Word,
    grades,
    known_by_vocabulary,
    names,
    parties,
    roles,
    same_role,
    stems_of,
    words,
)
from knowledge.controls import references
from knowledge.instructions import instructions_in
from knowledge.text import fold, sentences

_LONGEST_QUOTE = 120
"""Words of a quote that joins two places of one passage."""
_BEARS = 0.34
"""Share of a clause's words that a sentence must hold in order to bear it."""


def verify(
    claim: Claim, sources: Mapping[str, Source], *, question: str
) -> Supported | Unsupported:
    """Check one claim; for several claims of one turn a `Verifier` reads each passage once."""
    return Verifier(sources, question=question).check(claim)


@dataclass(frozen=True)
class _Part:
    """A clause of the claim with its words, its facts and where it stands best."""

    clause: Clause
    sentence: str
    words: tuple[Word, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class _Place:
    """A sentence of a cited passage."""

    reading: Reading
    unit: Unit

    @property
    def key(self) -> tuple[str, int]:
        """Give what tells this place from all others."""
        return self.reading.source.passage.id, self.unit.start


class Verifier:
    """Checks the claims of one turn. `sources` may grow between two checks."""

    def __init__(self, sources: Mapping[str, Source], *, question: str) -> None:
        """Check against `sources`, the passages retrieved in this turn that may be read."""
        self._sources = sources
        self._question = question
        self._readings: dict[str, Reading] = {}
        self._counted = -1
        self._names: frozenset[str] = frozenset()

    def check(self, claim: Claim) -> Supported | Unsupported:
        """Tell whether all of `claim` stands in the passages that it cites."""
        cited = tuple(dict.fromkeys(claim.passages))
        if not cited:
            return _refused(claim, Reason("no_passage", "Cite at least one passage."))
        if unknown := [one for one in cited if one not in self._sources]:
            named = ", ".join(one[:40] for one in unknown)
            message = f"Cite only passages that were retrieved; {named} was not."
            return _refused(claim, Reason("unknown_passage", message))
        text = shown(claim.text)
        if isinstance(text, Reason):
            return _refused(claim, text)
        if instructions_in(text):
            return _refused(
                claim, Reason("instruction", "State what the passage says; give no orders.")
            )
        readings = [self._reading(one) for one in cited]
        said = _ANSWERS.sub("", text) or text
        comparison = _Comparison(said, readings, self._question, self._organisation())
        reasons = tuple(comparison.reasons())
        if reasons:
            return Unsupported(claim, reasons)
        quotes = comparison.quotes()
        if not quotes:
            return _refused(
                claim, Reason("support", "Say only what a cited passage says, near its words.")
            )
        return Supported(claim, text, quotes, translated=comparison.translated)

    def _organisation(self) -> frozenset[str]:
        """Give the names that many of the turn's texts use by themselves: whose documents they are.

        A person's name stands beside another capital ("Kim Sato"); an organisation's often alone."""
        if len(self._sources) != self._counted:
            alone: Counter[str] = Counter()
            for source in self._sources.values():
                alone.update({match[1] for match in _ALONE.finditer(source.passage.text)})
            enough = max(2, len(self._sources) // 4)
            self._names = frozenset(name for name, count in alone.items() if count >= enough)
            self._counted = len(self._sources)
        return self._names

    def _reading(self, passage: str) -> Reading:
        source = self._sources[passage]
        known = self._readings.get(passage)
        if known is None or known.source is not source:
            known = self._readings[passage] = read(source)
        return known


def _refused(claim: Claim, reason: Reason) -> Unsupported:
    return Unsupported(claim, (reason,))


class _Comparison:
    """One claim's text against the passages it cites."""

    def __init__(
        self, text: str, readings: Sequence[Reading], question: str, organisation: frozenset[str]
    ) -> None:
        self.text = text
        self._organisation = organisation
        self._all = readings
        self.language = language_of(text) or (readings[0].language if readings else "en")
        native = [one for one in readings if one.language == self.language]
        self.translated = not native
        self._readings = list(readings)
        self._places = [
            _Place(reading, unit)
            for reading in readings
            for unit in reading.units
            if not unit.orders
        ]
        self._question = question
        self._asked = Lexis.of(stems_of(question, self.language), self.language)
        self._spoken = stems_of(text, self.language)
        self._held = frozenset(stem for one in readings for stem in one.lexis.stems)
        self._parts = tuple(self._split())
        self._scores: dict[tuple[str | int, ...], tuple[float, float]] = {}

    def _split(self) -> Iterator[_Part]:
        for sentence in sentences(self.text):
            for clause in clauses(sentence, self.language):
                yield _Part(clause, sentence, words(clause.text, self.language), facts(clause.text))

    # Scores ------------------------------------------------------------------------------------

    def _weight(self, word: Word, unit: Unit) -> float:
        worth = 0.25 if word.generic else 1.0
        lexis, around = unit.lexis, unit.around
        if unit.language != self.language:
            known = lexis.says(word) or known_by_vocabulary(
                word, self._spoken, lexis.stems, translated=True
            )
            return worth if known or lexis.holds(word) else 0.0
        if lexis.says(word):
            return worth
        if lexis.holds(word) or known_by_vocabulary(word, self._spoken, lexis.stems):
            return 0.8 * worth
        return 0.4 * worth if around.holds(word) else 0.0

    def _score(self, part: _Part, place: _Place) -> float:
        return sum(self._scored(part, place))

    def _scored(self, part: _Part, place: _Place) -> tuple[float, float]:
        """Weigh the words and the facts of a clause that stand in a sentence."""
        key = (part.sentence, part.clause.start, part.clause.text, *place.key)
        if key not in self._scores:
            own = sum(self._weight(word, place.unit) for word in part.words)
            rest = 0.0
            if len(self._parts) > 1:
                rest = sum(
                    self._weight(word, place.unit)
                    for other in self._parts
                    if other is not part and other.sentence == part.sentence
                    for word in other.words
                )
            held = sum(1.5 for fact in part.facts if _holders(fact, place.unit.facts))
            self._scores[key] = (own + 0.3 * rest, held)
        return self._scores[key]

    def _best(self, part: _Part, places: Iterable[_Place]) -> tuple[_Place | None, float]:
        best: _Place | None = None
        top = 0.0
        for place in places:
            score = self._score(part, place)
            if score > top:
                best, top = place, score
        return best, top

    # Reasons -----------------------------------------------------------------------------------

    def reasons(self) -> Iterator[Reason]:
        """Give what keeps the claim from being shown."""
        if not self._places:
            yield Reason("instruction", "Cite a passage that states a fact, not an order.")
            return
        yield from _first(self._quoted())
        missing = list(self._facts())
        yield from missing[:3]
        if missing:
            return
        yield from _first(self._named())
        yield from _first(self._roles())
        if not self.translated:
            yield from _first(self._words())
            yield from _first(self._keyed())
            yield from _first(self._borne())
            yield from _first(self._strayed())
        yield from _first(self._instructed())
        yield from _first(self._bound())
        yield from _first(self._states())
        yield from _first(self._opposed())
        yield from _first(self._exchanged())
        yield from _first(self._forced())
        if not self.translated:
            yield from _first(self._widened())
            yield from _first(self._conditions())

    def _opposed(self) -> Iterator[Reason]:
        reason = opposed(self.text, [one.source.passage.text for one in self._readings])
        if reason is not None:
            yield reason

    def _quoted(self) -> Iterator[Reason]:
        sources = [fold(one.source.passage.text).casefold() for one in self._readings]
        for quote in _quotations(self.text):
            for piece in re.split(r"\s*(?:…|\.\.\.|\[…\])\s*", quote):
                wanted = fold(piece).casefold().strip(" .,;:!?")
                if len(wanted.split()) >= 3 and not any(wanted in source for source in sources):
                    yield Reason("quote", f"Quote word for word, or without marks: “{piece[:60]}”.")

    def _facts(self) -> Iterator[Reason]:
        for part in self._parts:
            for fact in part.facts:
                if self._stands(fact):
                    continue
                yield Reason(
                    _CODES[fact.kind], f"“{fact.said}” does not stand in the cited passages."
                )

    def _stands(self, fact: Fact) -> bool:
        if any(_holders(fact, place.unit.facts) for place in self._places):
            return True
        if fact.kind is Kind.CONTROL:
            ids = {one for ref in references(fact.said) for one in ref.ids}
            held = {
                one
                for place in self._places
                for known in place.unit.facts
                if known.kind is Kind.CONTROL
                for ref in references(known.said)
                for one in ref.ids
            }
            if len(ids) > 1 and ids <= held:
                return True
        return fact.kind in (Kind.CONTROL, Kind.ID, Kind.NUMBER, Kind.DATE) and any(
            _holders(fact, one.context_facts) for one in self._readings
        )

    def _named(self) -> Iterator[Reason]:
        held = [
            f"{one.context}\n{one.source.passage.text}\n{one.source.title}"
            for one in self._readings
        ]
        folded = " ".join(held).casefold()
        for name, start in names(self.text, "de" if self.translated else self.language):
            if any(
                name.casefold() in (*role.modifiers, role.said.casefold(), role.head)
                for role in roles(self.text)
                if role.start - 50 <= start <= role.start + 30
            ):
                continue
            if re.sub(r"(?:'s|’s)$", "", name) in self._organisation:
                continue
            if not _stands_as_name(name, folded, held, self._held, self.language):
                yield Reason("name", f"“{name}” does not stand in the cited passages.")

    def _roles(self) -> Iterator[Reason]:
        known = [
            role
            for one in self._readings
            for role in roles(f"{one.source.passage.text}\n{one.context}")
        ]
        for role in roles(self.text):
            if same_role(role, known):
                continue
            if self.translated and not role.modifiers:
                continue  # a role's name in another language
            said = " ".join((*role.modifiers[-2:], role.said))
            yield Reason("role", f"The cited passages do not name the role “{said}”.")

    def _keyed(self) -> Iterator[Reason]:
        """Take what is said of a row, named by its key, from that row alone."""
        rows = [(set(_key_ids(place)), place) for place in self._places if place.unit.row]
        for sentence in sentences(self.text):
            said = {_key(fact) for fact in facts(sentence)}
            named = [place for keys, place in rows if keys & said]
            if not named:
                continue
            prose = [place for place in self._places if not place.unit.row]
            held_roles = [role for place in (*named, *prose) for role in roles(place.unit.text)]
            for role in roles(sentence):
                if not same_role(role, held_roles):
                    yield Reason("role", f"That row does not name the role “{role.said}”.")
            held_facts = [one for place in (*named, *prose) for one in place.unit.facts]
            context = [one for reading in self._readings for one in reading.context_facts]
            for fact in facts(sentence):
                if not _holders(fact, held_facts) and not _holders(fact, context):
                    yield Reason("binding", f"That row does not say “{fact.said}”.")
            texts = " ".join(place.unit.text for place in (*named, *prose)).casefold()
            for name, _ in names(sentence, self.language):
                spoken = any(name in one.said for one in facts(sentence))
                around = " ".join(one.context for one in self._readings).casefold()
                if not spoken and not _stands_as_name(
                    name, f"{texts} {around}", (), self._held_by(named, prose), self.language
                ):
                    yield Reason("binding", f"That row does not say “{name}”.")

    def _held_by(self, *groups: list[_Place]) -> frozenset[str]:
        return frozenset(
            stem
            for places in groups
            for place in places
            for stem in place.unit.lexis.stems | place.unit.around.stems
        )

    def _borne(self) -> Iterator[Reason]:
        """Hold parties and roles against the very sentences that bear the claim."""
        for part in self._parts:
            sentence = _Part(
                Clause(part.sentence, 0, self.language), part.sentence, self._words_of(part),
                facts(part.sentence),
            )  # fmt: skip
            own = self._bearing(part) if len(part.words) > 1 else []
            near = own or self._bearing(sentence)
            yield from self._in_row(part, near)
            bearing = [p for p in near if not p.unit.row]
            if not bearing:
                continue
            texts = " ".join(self._with_referents(place) for place in bearing)
            held = stems_of(texts, self.language)
            yield from self._graded(part)
            theirs = [party for party in parties() if party & held]
            for word in part.words:
                mine = [party for party in parties() if party & set(word.stems)]
                strange = mine and not any(party in theirs for party in mine)
                if strange and theirs and not self._asked.says(word):
                    yield Reason("subject", f"The passage does not say this of “{word.said}”.")
            stand = roles(texts)
            for role in roles(part.clause.text):
                if stand and not same_role(role, stand):
                    yield Reason("role", f"The passage does not say this of “{role.said}”.")

    def _in_row(self, part: _Part, near: list[_Place]) -> Iterator[Reason]:
        """Take names and roles said of a row from the row that says the rest."""
        if not near or not all(place.unit.row for place in near):
            return
        scores = {place.key: self._apart_from_names(part, place) for place in self._places}
        top = max(scores.values())
        best = [place for place in self._places if scores[place.key] >= top - 0.01]
        if top <= 0 or not all(place.unit.row for place in best):
            return
        texts = " ".join(f"{place.unit.text}\n{place.unit.context}" for place in best)
        named = roles(part.clause.text)
        each = [roles(f"{place.unit.text}\n{place.unit.context}") for place in best]
        if named and not any(all(same_role(role, held) for role in named) for held in each):
            yield Reason("role", f"No row says this of “{named[0].said}”.")
        stems = stems_of(texts, self.language)
        for name, _ in names(part.clause.text, self.language):
            if name in self._organisation or any(name in fact.said for fact in part.facts):
                continue
            if not _stands_as_name(name, texts.casefold(), (), stems, self.language):
                yield Reason("binding", f"That row does not say “{name}”.")

    def _apart_from_names(self, part: _Part, place: _Place) -> float:
        said = {name for name, _ in names(part.clause.text, self.language)}
        weight = sum(
            self._weight(word, place.unit) for word in self._words_of(part) if word.said not in said
        )
        return weight + sum(1.5 for fact in part.facts if _holders(fact, place.unit.facts))

    def _strayed(self) -> Iterator[Reason]:
        """Ask that the words stand together in what bears the claim, and its subject above all."""
        for sentence in sentences(self.text):
            parts = [part for part in self._parts if part.sentence == sentence]
            bearing = {
                place.key: place
                for part in (*parts, self._whole(sentence))
                for place in self._bearing(part)
            }
            if not bearing or any(place.unit.row for place in bearing.values()):
                continue
            texts = " ".join(self._with_referents(place) for place in bearing.values())
            held = Lexis.of(stems_of(texts, self.language), self.language)
            verb = _PREDICATE.search(sentence)
            until = verb.start() if verb else 0
            frame = _FRAME.match(sentence)
            after = frame.end() if frame else 0
            found = facts(sentence)
            titles = _titles(sentence)
            full = [
                word
                for word in words(sentence, self.language)
                if word.start >= after and word.said.casefold() not in titles
                if not word.generic and not _in_facts(word, found) and not self._asked.holds(word)
            ]
            astray = [
                word
                for word in full
                if not held.holds(word)
                and not known_by_vocabulary(word, self._spoken, held.stems)
                and word.said not in self._organisation
            ]
            astray = self._elsewhere(astray)
            near = Lexis.of(
                (stem for place in bearing.values() for stem in self._before(place)), self.language
            )
            # A subject may be named in the sentence before.
            astray = [word for word in astray if word.start >= until or not near.holds(word)]
            early = [word for word in astray if word.start < until]
            known = [word for word in early if self._is_known(word)]
            if (
                known
                or len(astray) > max(1.0, 0.34 * len(full))
                or (len(full) <= 3 and astray and self._is_known(astray[0]))
            ):
                said = (known or astray)[0].said
                yield Reason("subject", f"The passage does not say this of “{said}”.")

    def _elsewhere(self, astray: list[Word]) -> list[Word]:
        """Leave out words that stand together in a further sentence of what is cited."""
        for place in self._places:
            held = [word for word in astray if place.unit.lexis.holds(word)]
            if len(held) >= 2:
                return [word for word in astray if word not in held]
        return astray

    def _before(self, place: _Place) -> frozenset[str]:
        units = place.reading.units
        at = units.index(place.unit)
        return frozenset(stem for unit in units[max(0, at - 2) : at] for stem in unit.lexis.stems)

    def _graded(self, part: _Part) -> Iterator[Reason]:
        best, _ = self._best(part, self._places)
        bearing = [best] if best is not None and not best.unit.row else []
        held = stems_of(" ".join(self._with_referents(one) for one in bearing), self.language)
        for word in part.words:
            for grade in grades():
                own = grade & set(word.stems)
                others = (grade & held) - self._spoken
                if own and not own & held and others and not self._asked.says(word):
                    yield Reason("subject", f"The passage does not say this of “{word.said}”.")

    def _with_referents(self, place: _Place) -> str:
        """Give a sentence with its headings, and the one before where it points back to it."""
        text = f"{place.unit.text}\n{place.unit.context}"
        if _POINTS_BACK.match(place.unit.text):
            units = place.reading.units
            at = units.index(place.unit)
            text = f"{units[at - 1].text}\n{text}" if at else text
        return text

    def _words(self) -> Iterator[Reason]:
        records = any(place.unit.row for place in self._places)
        foreign: list[Word] = []
        total = 0.0
        strange = 0.0
        taken = [(fact.start, fact.end) for fact in facts(self.text)]
        titles = _titles(self.text)
        for word in words(self.text, self.language):
            if any(start <= word.start < end for start, end in taken):
                continue
            if word.said.casefold() in titles:
                continue  # a role stands or falls as a whole
            if word.generic:
                continue
            total += 1
            if self._is_known(word):
                continue
            if self._asked.says(word):
                strange += 0.5
                continue
            strange += 1
            foreign.append(word)
        for word in foreign:
            if self._is_party(word):
                yield Reason("subject", f"The cited passages do not speak of “{word.said}”.")
        for subject in () if records else self._subjects():
            if subject in foreign and subject.said not in self._organisation:
                yield Reason("subject", f"The cited passages do not speak of “{subject.said}”.")
        opener = next((word for word in words(self.text, self.language) if not word.generic), None)
        if (
            not records
            and opener in foreign
            and opener.said not in self._organisation
            and not re.search(r"(?:ly|ing|ed|lich|weise)$", opener.said)
        ):
            yield Reason("subject", f"The cited passages do not speak of “{opener.said}”.")
        if strange > max(1.0 if total > 4 else 0.5, 0.34 * total) or (
            total <= 3 and strange > 0.5 * total
        ):
            said = ", ".join(word.said for word in foreign[:4]) or "these words"
            yield Reason("words", f"Stay nearer to the passages, which do not say: {said}.")

    def _is_known(self, word: Word) -> bool:
        return any(
            one.lexis.holds(word) or known_by_vocabulary(word, self._spoken, one.lexis.stems)
            for one in self._readings
            if one.language == self.language
        )

    def _is_party(self, word: Word) -> bool:
        return any(stem in party for party in parties() for stem in word.stems)

    def _subjects(self) -> Iterator[Word]:
        """Give the last full word before the first verb of each sentence."""
        for sentence in sentences(self.text):
            match = _PREDICATE.search(sentence)
            if match is None:
                continue
            before = [
                word
                for word in words(sentence[: match.start()], self.language)
                if not any(c.isdigit() for c in word.said)
            ]
            if before and not before[-1].generic:
                place = self.text.index(sentence) + before[-1].start
                for word in words(self.text, self.language):
                    if word.start == place:
                        yield word

    def _instructed(self) -> Iterator[Reason]:
        ordered = [
            _Place(reading, unit)
            for reading in self._readings
            for unit in reading.units
            if unit.orders
        ]
        if not ordered:
            return
        for part in self._parts:
            _, honest = self._best(part, self._places)
            _, bent = self._best(part, ordered)
            if bent > honest + 0.2:
                yield Reason(
                    "instruction", "That line of the passage gives orders and supports nothing."
                )

    def _bound(self) -> Iterator[Reason]:
        for part in self._parts:
            for fact in part.facts:
                yield from self._bound_fact(part, fact)

    def _bound_fact(self, part: _Part, fact: Fact) -> Iterator[Reason]:
        holders = [
            (place, held) for place in self._places if (held := _holders(fact, place.unit.facts))
        ]
        if not holders:
            return
        if fact.kind not in (Kind.CONTROL, Kind.CONTACT, Kind.PERIOD) and not any(
            agrees(fact, one) or (place.unit.row and fact.direction is not _LEAST)
            for place, held in holders
            for one in held
        ):
            stands = holders[0][1][0]
            said = stands.direction or "exactly"
            yield Reason("comparator", f"The passage says {said} {stands.said}; say it that way.")
            return
        if fact.kind in (Kind.CONTROL, Kind.CONTACT, Kind.ID):
            return
        top = max(self._scored(part, place)[0] for place, _ in holders)
        rivals = [
            place
            for place in self._places
            if not _holders(fact, place.unit.facts)
            and any(one.kind is fact.kind for one in place.unit.facts)
        ]
        if max((self._scored(part, place)[0] for place in rivals), default=0.0) > top + 0.7:
            yield Reason("binding", f"The passage says “{fact.said}” of something else.")
            return
        if not any(self._fits(part, fact, place, held) for place, held in holders):
            yield Reason("binding", f"The passage says “{fact.said}” of something else.")
        elif fact.kind is Kind.COUNT and not self._counts(fact, holders):
            yield Reason("number", f"The passage does not count {fact.unit}.")

    def _counts(self, fact: Fact, holders: list[tuple[_Place, list[Fact]]]) -> bool:
        counted = words(fact.said, self.language)
        if not counted or self.translated:
            return True
        return any(
            place.unit.lexis.holds(word) or place.unit.around.holds(word)
            for place, _ in holders
            for word in counted[-1:]
        )

    def _fits(self, part: _Part, fact: Fact, place: _Place, held: list[Fact]) -> bool:
        """Tell whether the sentence says the fact of what the claim says it of."""
        if self.translated:
            return True
        return any(self._fits_clause(part, fact, place.unit, one) for one in held)

    def _fits_clause(self, part: _Part, fact: Fact, unit: Unit, held: Fact) -> bool:
        own = unit.clause_at(held.start)
        others = [
            unit.clause_at(one.start)
            for one in unit.facts
            if _family(one.kind) == _family(held.kind) and one.value != held.value
        ]
        full = [word for word in part.words if not word.generic and not _in_facts(word, part.facts)]
        said = Lexis.of(
            (stem for word in self._words_of(part) for stem in word.stems), self.language
        )
        for other in others:
            if other is own:
                continue
            theirs = [w for w in full if other.lexis.holds(w) and not own.lexis.holds(w)]
            ours = [
                w
                for w in words(own.text, self.language)
                if not w.generic
                and not other.lexis.says(w)
                and not any(c.isdigit() for c in w.said)
            ]
            unsaid = [w for w in ours if not said.holds(w) and not self._asked.says(w)]
            if unit.row:
                exact = Lexis.of(self._spoken, self.language)
                if len(theirs) > sum(exact.says(w) for w in ours):
                    return False
            elif (theirs and unsaid) or (ours and len(unsaid) == len(ours)):
                return False
        return True

    def _words_of(self, part: _Part) -> tuple[Word, ...]:
        return tuple(
            word for other in self._parts if other.sentence == part.sentence for word in other.words
        )

    def _states(self) -> Iterator[Reason]:
        """Compare what is said of a row's state with its cells."""
        for part in self._parts:
            said = states_of(part.clause.text)
            if not said:
                continue
            whole = _Part(part.clause, part.sentence, self._words_of(part), facts(part.sentence))
            best, _ = self._best(whole, (place for place in self._places if place.unit.row))
            if best is None:
                continue
            stands = states_of_row(best.unit.text)
            if stands and not said <= stands:
                yield Reason("state", f"The row says: {', '.join(sorted(stands))}.")
        for part in self._parts:
            best, score = self._best(part, self._places)
            if best is None or not best.unit.row or score < 1:
                continue
            spoken = Lexis.of((s for word in part.words for s in word.stems), self.language)
            denied = bool(forces(part.clause.text) & _NEGATIVES)
            for header, yes in answers_of_row(best.unit.text):
                asked = words(header, self.language)
                if asked and all(spoken.says(word) for word in asked) and denied is yes:
                    answer = "yes" if yes else "no"
                    yield Reason("state", f"The row says {answer} under “{header}”.")

    def _exchanged(self) -> Iterator[Reason]:
        """Read off what a near copy of a sentence changes."""
        if self.translated:
            return
        for sentence in sentences(self.text):
            parts = [part.clause.text for part in self._parts if part.sentence == sentence]
            for text in (sentence, *(parts if len(parts) > 1 else ())):
                best: float = NEAR
                source: tuple[Stretch, _Place] | None = None
                for place in self._places:
                    if place.unit.row:
                        continue
                    like, stretch = likeness(text, place.unit.text)
                    if like >= best:
                        best, source = like, (stretch, place)
                if source is None:
                    continue
                known = (self._asked, source[1].unit.around)
                whole = source[1].reading.lexis
                if _turned_round(text, source[1].unit.text):
                    yield Reason("role", "The passage says it the other way round.")
                if reason := exchanged(text, sentence, source[0], self.language, known, whole):
                    yield reason

    def _forced(self) -> Iterator[Reason]:
        if self.translated and not (
            self.language in _KNOWN and all(one.language in _KNOWN for one in self._readings)
        ):
            return
        for part in self._parts:
            quiet = not forces(part.clause.text) - {Force.STATES, Force.PLANS, Force.DONE}
            if len(part.words) < 2 and not part.facts and (quiet or not part.words):
                continue
            if (
                part.clause.text != part.sentence
                and quiet
                and not _PREDICATE.search(part.clause.text)
            ):
                continue
            yield from self._forced_part(part)

    def _forced_part(self, part: _Part) -> Iterator[Reason]:
        good = bad = 0.0
        negative = bool(forces(part.clause.text) & _NEGATIVES)
        worst: Clause | None = None
        for place in self._places:
            whole = self._score(part, place)
            if whole <= 0:
                continue
            for clause in place.unit.clauses:
                if place.unit.row and (states_of(part.clause.text) or not negative):
                    # a cell such as "Applicable: No" speaks through its header
                    good = max(good, whole)
                    continue
                score = self._clause_score(part, clause, place.unit)
                score += 0.25 * whole + self._covered(part, clause) * score
                if (
                    negative
                    and not forces(clause.text) & _NEGATIVES
                    and not self._predicated(part, clause)
                    and not contradicts(part.clause.text, clause.text)
                ):
                    continue  # what it shuts out is something else
                if contradicts(part.clause.text, clause.text):
                    if score > bad:
                        bad, worst = score, clause
                else:
                    good = max(good, score)
        slack = 1.0 if self.translated else 0.4
        if worst is None or bad <= good + slack:
            return
        said, stands = forces(part.clause.text), forces(worst.text)
        if said == {Force.STATES} and Force.PLANS in forces(part.sentence) & stands:
            return
        code = "negation" if (said | stands) & _NEGATIVES else "modality"
        if Force.PLANS in stands and Force.PLANS not in said and code == "modality":
            yield Reason("plan", "The passage speaks of a plan; do not state it as done.")
            return
        yield Reason(code, f"Keep how firmly the passage says it: “{worst.text[:80]}”.")

    def _predicated(self, part: _Part, clause: Clause) -> bool:
        """Tell whether the clause holds anything that the claim says of its subject."""
        verb = _PREDICATE.search(part.clause.text)
        said = [
            word
            for word in part.words
            if not word.generic and (verb is None or word.start > verb.start())
        ]
        return self.translated or not said or any(clause.lexis.holds(word) for word in said)

    def _covered(self, part: _Part, clause: Clause) -> float:
        """Count a clause more of which all is said: the claim is surely about it."""
        full = [word for word in words(clause.text, self.language) if not word.generic]
        if self.translated or len(full) < 2:
            return 0.0
        spoken = Lexis.of((s for word in part.words for s in word.stems), self.language)
        return 1.0 if sum(spoken.holds(word) for word in full) >= 0.75 * len(full) else 0.0

    def _clause_score(self, part: _Part, clause: Clause, unit: Unit) -> float:
        score = 0.0
        verb = _PREDICATE.search(part.clause.text)
        said = verb.start() if verb else 0
        for word in part.words:
            worth = 0.25 if word.generic else 1.0
            if word.start > said:
                worth *= 2.5  # what is said of the subject, not the subject
            if clause.lexis.says(word):
                score += worth
            elif clause.lexis.holds(word) or known_by_vocabulary(
                word, self._spoken, clause.lexis.stems, translated=self.translated
            ):
                score += 0.8 * worth
        end = clause.start + len(clause.text)
        score += sum(
            1.0
            for fact in part.facts
            if any(clause.start <= one.start < end for one in _holders(fact, unit.facts))
        )
        return score

    def _widened(self) -> Iterator[Reason]:
        for sentence in sentences(self.text):
            parts = [part for part in self._parts if part.sentence == sentence]
            bearing = [
                place for part in (*parts, self._whole(sentence)) for place in self._bearing(part)
            ]
            texts = " ".join(self._with_referents(place) for place in bearing)
            if texts and (said := modality.widens(sentence, texts)):
                yield Reason("comparator", f"The passage does not say “{said}”.")

    def _whole(self, sentence: str) -> _Part:
        return _Part(
            Clause(sentence, 0, self.language),
            sentence,
            words(sentence, self.language),
            facts(sentence),
        )

    def _conditions(self) -> Iterator[Reason]:
        for sentence in sentences(self.text):
            part = _Part(
                Clause(sentence, 0, self.language),
                sentence,
                words(sentence, self.language),
                facts(sentence),
            )
            best, score = self._best(part, self._places)
            if best is None or score <= 0 or best.unit.row:
                continue
            said = Lexis.of(stems_of(sentence, self.language), self.language)
            condition = modality.condition_of(best.unit.text)
            if (
                condition
                and self._speaks_of(best.unit.text, condition, said)
                and not modality.hints_at_a_condition(sentence)
                and not self._traces(condition, said, 0.5)
            ):
                yield Reason("condition", f"Say the condition too: “{condition[:80]}”.")
            opening = modality.opening_condition(best.unit.text)
            if opening and not self._traces(opening, said, 0.5) and not facts(opening):
                yield Reason("condition", f"Say for which case it holds: “{opening[:80]}”.")
            if opening and (needed := list(facts(opening))):
                stated = {one.value for one in (*facts(sentence), *facts(self._question))}
                if not any(one.value in stated for one in needed) and not self._traces(
                    opening, said, 0.01
                ):
                    yield Reason("condition", f"Say for which case it holds: “{opening[:80]}”.")

    def _speaks_of(self, text: str, condition: str, said: Lexis) -> bool:
        """Tell whether the claim says the rule that the condition stands with."""
        before = re.split(r"[;.]\s", text[: text.find(condition)])[-1]
        wanted = [word for word in words(before, self.language) if not word.generic]
        return 2 * sum(said.holds(word) for word in wanted) >= len(wanted)

    def _traces(self, condition: str, said: Lexis, share: float) -> bool:
        wanted = [word for word in words(condition, self.language) if not word.generic]
        if not wanted:
            return True
        found = sum(1 for word in wanted if said.holds(word) or self._asked.holds(word))
        return found >= max(1, share * len(wanted))

    # Quotes ------------------------------------------------------------------------------------

    def quotes(self) -> tuple[tuple[str, str], ...]:
        """Give for each passage that bears the claim the slice that does."""
        chosen: dict[str, list[Unit]] = {}
        for part in self._parts:
            for place in self._bearing(part):
                units = chosen.setdefault(place.reading.source.passage.id, [])
                if place.unit not in units:
                    units.append(place.unit)
        found = []
        for reading in self._readings:
            units = chosen.get(reading.source.passage.id, [])
            if units:
                found.append(
                    (reading.source.passage.id, _slice(reading, units, self._weigh(units)))
                )
        return tuple(found)

    def _weigh(self, units: list[Unit]) -> dict[int, float]:
        whole = _Part(
            Clause(self.text, 0, self.language),
            self.text,
            words(self.text, self.language),
            facts(self.text),
        )
        return {
            unit.start: sum(self._weight(word, unit) for word in whole.words)
            + sum(2.0 for fact in whole.facts if _holders(fact, unit.facts))
            for unit in units
        }

    def _bearing(self, part: _Part) -> list[_Place]:
        """Give the sentences that bear a clause: the best of each passage that holds enough."""
        full = sum(0.25 if word.generic else 1.0 for word in part.words) + 1.5 * len(part.facts)
        if full <= 0:
            return []
        found = []
        best, top = self._best(part, self._places)
        for reading in self._readings:
            own = [place for place in self._places if place.reading is reading]
            place, score = self._best(part, own)
            if place is None:
                continue
            enough = self.translated or score >= _BEARS * full
            if enough and (place is best or score >= 0.6 * top):
                found.append(place)
        return found


def _family(kind: Kind) -> str:
    return "time" if kind in (Kind.TIME, Kind.PERIOD) else kind


def _titles(text: str) -> frozenset[str]:
    """Give the words of the roles that a text names."""
    return frozenset(
        said
        for role in roles(text)
        for said in (*role.modifiers, role.head.casefold(), role.said.casefold())
    )


def _agents(text: str) -> list[str]:
    """Give the roles and parties of a text in the order of their first mention."""
    found: dict[str, int] = {}
    for role in roles(text):
        found.setdefault(f"{' '.join(role.modifiers[-1:])} {role.head}".strip(), role.start)
    for word in words(text, "en"):
        for at, party in enumerate(parties()):
            if party & set(word.stems):
                found.setdefault(f"party {at}", word.start)
    places: dict[int, str] = {}
    for name, place in found.items():
        places.setdefault(place, name)
    return [places[place] for place in sorted(places)]


_AGENT = re.compile(r"\b(?:by|von|vom|durch)\b", re.IGNORECASE)


def _turned_round(claimed: str, source: str) -> bool:
    """Tell whether two roles or parties have changed places in a near copy."""
    mine, theirs = _agents(claimed), _agents(source)
    common = [one for one in mine if one in theirs]
    if len(common) < 2 or bool(_AGENT.search(claimed)) != bool(_AGENT.search(source)):
        return False
    return common != [one for one in theirs if one in mine]


def _key(fact: Fact) -> str:
    return identifier(fact.said) if fact.kind is not Kind.CONTROL else f"a.{_bare(fact)}"


def _bare(fact: Fact) -> str:
    return "|".join(sorted(_control_numbers(fact)))


def _key_ids(place: _Place) -> Iterator[str]:
    """Give the key of the row's passage, or of the row by its first cell."""
    row = place.reading.source.passage.locator.row
    first = place.unit.text.split(" | ", 1)[0].partition(": ")[2]
    for text in (row or "", first):
        if len(text) <= 30:
            for fact in facts(text):
                if fact.kind in (Kind.CONTROL, Kind.ID):
                    yield _key(fact)


_FRAME = re.compile(
    r"^(?:under|according\s+to|in|as|per|nach|laut|gemäß|for|bei)\b[^,]{1,60},\s*", re.IGNORECASE
)
_ALONE = re.compile(r"(?<=[a-z,] )([A-Z][a-z]{2,})(?=(?:['’]s)?[ ,.](?![A-Z]))")
_POINTS_BACK = re.compile(
    r"\W*(?:they|it|this|these|that|those|such|he|she|their|its|one|sie|es|diese[rsnm]?|dies|ihre?)\b",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"^(?:yes|no|ja|nein)\s*[,.;:!–—-]+\s*", re.IGNORECASE)
_LEAST = "at least"
_KNOWN = ("en", "de")
_NEGATIVES = frozenset({Force.FORBIDS, Force.DENIES, Force.SPARES})
_CODES = {
    Kind.TIME: "number",
    Kind.PERIOD: "number",
    Kind.COUNT: "number",
    Kind.MEASURE: "number",
    Kind.NUMBER: "number",
    Kind.DATE: "date",
    Kind.MONTH: "date",
    Kind.CONTROL: "id",
    Kind.ID: "id",
    Kind.CONTACT: "contact",
}
_PREDICATE = re.compile(
    r"(?<![\w-])(?:is|are|was|were|be|must|may|shall|should|can|could|will|has|have|do|does|need|needs|cannot|"
    r"gets?|lasts?|takes?|runs?|ist|sind|wird|werden|muss|müssen|darf|dürfen|soll|sollen|kann|können|hat|haben)(?![\w-])",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\"([^\"]+)\"|“([^”“]+)[”“]|„([^“”\"]+)[“”\"]|«([^»]+)»|»([^«]+)«|‹([^›]+)›|›([^‹]+)‹|"
    r"(?<!\w)‘([^‘’]+(?:’\w+[^‘’]*)*)’(?!\w)|‚([^‘’]+)[‘’]|(?<!\w)'([^']+(?:'\w[^']*)*)'(?!\w)"
)


def _quotations(text: str) -> list[str]:
    return [
        next(group for group in match.groups() if group is not None)
        for match in _QUOTED.finditer(text)
    ]


def _first(reasons: Iterator[Reason]) -> Iterator[Reason]:
    for reason in reasons:
        yield reason
        return


def _in_facts(word: Word, found: tuple[Fact, ...]) -> bool:
    return any(fact.start <= word.start < fact.end for fact in found)


def _holders(fact: Fact, held: Iterable[Fact]) -> list[Fact]:
    return [one for one in held if _equal(fact, one)]


_PLAIN = frozenset({Kind.NUMBER, Kind.COUNT})
_NAMED = frozenset({Kind.ID, Kind.CONTROL, Kind.NUMBER})


def _equal(fact: Fact, held: Fact) -> bool:
    if fact.kind is held.kind:
        if fact.kind is Kind.ID and fact.value != held.value:
            # "Tier-1-Systeme" names the ID and what it is of
            return identifier(re.sub(r"(?:-[^\W\d_]+)+$", "", fact.said)) == held.value
        if fact.kind is Kind.CONTROL:
            sorts = {one.value.split(" ")[0][:2] for one in (fact, held)}
            if sorts == {"A.", "cl"}:  # a clause is no control of the same number
                return False
            return _control_numbers(fact) <= _control_numbers(held) or _in_range(fact, held)
        return fact.value == held.value
    if {fact.kind, held.kind} <= _PLAIN:
        return fact.value == held.value
    if fact.kind is Kind.MONTH and held.kind is Kind.DATE:
        return held.value.startswith(fact.value)
    if fact.kind is Kind.NUMBER:
        if held.kind in (Kind.TIME, Kind.PERIOD, Kind.MEASURE, Kind.CONTACT):
            return False
        return fact.value in re.findall(r"\d+(?:\.\d+)*", held.said) or (
            fact.value in re.findall(r"\d+", held.said)
        )
    if {fact.kind, held.kind} <= _NAMED:
        if identifier(re.sub(r"(?:-[^\W\d_]+)+$", "", fact.said)) == identifier(held.said):
            return True
        return fact.value == identifier(held.said) or identifier(fact.said) == identifier(held.said)
    return False


def _control_numbers(fact: Fact) -> frozenset[str]:
    bare = re.sub(r"^(?:A\.|clause )", "", fact.value)
    return frozenset(bare.split("|"))


def _in_range(fact: Fact, held: Fact) -> bool:
    mine = {one for ref in references(fact.said) for one in ref.ids}
    theirs = {one for ref in references(held.said) for one in ref.ids}
    return bool(mine) and mine <= theirs


def _stands_as_name(
    name: str, folded: str, held: Sequence[str], stems: frozenset[str], language: str
) -> bool:
    wanted = name.casefold()
    singular = re.sub(r"(?:'s|’s|s)$", "", wanted)
    if re.search(rf"(?<!\w){re.escape(singular)}(?:'s|’s|e?s|er|n|en)?(?!\w)", folded):
        return True
    if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded):
        return True
    if name.isupper() and len(name) >= 2:
        initials = "".join(rf"{re.escape(letter)}[\w]*[\s-]+" for letter in wanted)[
            : -len(r"[\s-]+")
        ]
        if re.search(rf"(?<!\w){initials}", folded):
            return True
        return (
            any(
                known_by_vocabulary(word, frozenset(word.stems), stems)
                for word in words(name, language)
            )
            or Lexis.of(stems, language).holds(words(name, language)[0])
            if words(name, language)
            else False
        )
    return all(Lexis.of(stems, language).says(word) for word in words(name, language))


def _slice(reading: Reading, units: list[Unit], weights: Mapping[int, float]) -> str:
    """Give the shortest verbatim slice that holds `units`, or the weightiest one of them."""
    text = reading.source.passage.text
    start = min(unit.start for unit in units)
    end = max(unit.end for unit in units)
    clean = not any(unit.orders and start <= unit.start < end for unit in reading.units)
    if clean and len(text[start:end].split()) <= _LONGEST_QUOTE:
        return text[start:end]
    best = max(units, key=lambda unit: weights[unit.start])
    return best.text
