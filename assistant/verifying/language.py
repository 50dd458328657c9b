"""The language of a sentence, by its function words."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = {
    "en": "the of and to is are be must shall for with by not that this on it an as from at or which "
    "have has who their can may they all within after every should when if been was were its a in "
    "no do does you we our your only before into any",
    "de": "der die das und ist sind nicht mit für von den dem des ein eine einer einem einen auf zu "
    "im am bei wird werden muss müssen darf dürfen oder nach aus sie es sich kein keine wenn dass "
    "vom zum zur als auch an über unter durch nur alle jedes jede jeden jeder soll sollen kann "
    "können ihre ihr wer wir hat haben in innerhalb spätestens mindestens",
    "fr": "le la les des du et est sont pas une un dans pour par avec que qui ne sur aux doit doivent "
    "être au ou leur après tous toutes chaque ce cette elle il plus sans",
    "es": "el la los las de del y es son no una un en para por con que se deben debe ser al o su "
    "después todos todas cada este esta sin más",
    "it": "il lo la gli le di del della e è sono non una un in per con che si deve devono essere al o "
    "dopo tutti ogni questo questa senza più dei delle",
    "nl": "de het een en is zijn niet met voor van op te bij wordt worden moet moeten mag of na uit dat "
    "die alle elke binnen door geen aan ook er naar over",
    "pt": "o a os as de do da e é são não uma um em para por com que se deve devem ser ao ou após todos "
    "cada este esta sem mais dos das",
}
_SETS = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_SAID = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=8_192)
def language_of(text: str) -> str | None:
    """Tell the language of `text` ("en", "de", "fr" …), or None where its words do not say."""
    words = [word.casefold() for word in _SAID.findall(text)]
    counts = {name: sum(word in known for word in words) for name, known in _SETS.items()}
    counts["de"] += len(re.findall("[äöüß]", text.casefold()))
    best = max(counts, key=lambda name: counts[name])
    others = max(count for name, count in counts.items() if name != best)
    if counts[best] < 1 or counts[best] == others:
        return None
    return best
