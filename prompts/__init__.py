"""What a language model reads: one Markdown file each, with ``{{name}}`` where a value goes.

A rendered prompt can be told by its digest, which is stored with every output.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


class PromptError(Exception):
    """A prompt was given the wrong values: a fault of this program."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file: its name, its text, and the SHA-256 of it."""

    name: str
    text: str
    digest: str

    @property
    def variables(self) -> frozenset[str]:
        """Names of the values that it needs."""
        return frozenset(_VARIABLE.findall(self.text))

    def render(self, **values: str) -> str:
        """Fill in `values`. Raises PromptError if one is missing or not used.

        A value is never searched for variables itself, whatever it holds."""
        if values.keys() != self.variables:
            wrong = sorted(values.keys() ^ self.variables)
            raise PromptError(f"{self.name}: missing or unused: {', '.join(wrong)}")
        return _VARIABLE.sub(lambda match: values[match.group(1)], self.text)


@lru_cache(maxsize=32)
def load(name: str) -> Prompt:
    """Read the prompt `name`. Raises PromptError if there is none."""
    file = resources.files("prompts") / f"{name}.md"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PromptError(f"there is no prompt {name!r}") from error
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest())
