"""Which language model is meant, where it is, and what it may read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from assistant.llm.problems import ModelProblem, ProblemKind
from assistant.settings import PROVIDERS, Settings


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A language model as it is configured."""

    name: str
    """As configured, such as "openai:gpt-5"."""
    provider: str
    model: str
    host: str
    """Where its requests go, with the port where one is named."""
    local: bool
    """Whether what it reads stays on this machine."""


def spec_of(name: str, settings: Settings) -> ModelSpec:
    """Understand the name of a model. Raises ModelProblem that says how to write it."""
    provider, _, model = name.strip().partition(":")
    provider = provider.casefold().replace("-", "_")
    if not model:
        provider, model = _provider_of(name.strip()), name.strip()
    if provider not in PROVIDERS or not model.strip():
        raise ModelProblem(
            ProblemKind.SETTING,
            f"{name!r} is no language model that can be used. Write PROVIDER:NAME with one of "
            f"{', '.join(PROVIDERS)}; a model behind any other server that speaks OpenAI's API is "
            "openai:NAME with its address in OPENAI_BASE_URL.",
        )
    parts = urlsplit(_url_of(provider, settings))
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    # Ollama passes models with this mark on to its own servers; Anthropic's run nowhere else.
    elsewhere = provider == "anthropic" or (
        provider == "ollama" and re.search(r"[-:]cloud$", model.strip().casefold()) is not None
    )
    return ModelSpec(
        name=name.strip(),
        provider=provider,
        model=model.strip(),
        host=host,
        local=_is_loopback(parts.hostname or "") and not elsewhere,
    )


def _provider_of(model: str) -> str:
    folded = model.casefold()
    if re.match(r"gpt-|chatgpt|o\d", folded):
        return "openai"
    return "anthropic" if folded.startswith("claude") else ""


def _url_of(provider: str, settings: Settings) -> str:
    places = settings.providers
    return {
        "openai": places.openai_url,
        "anthropic": places.anthropic_url,
        "ollama": places.ollama_url,
    }[provider]


def _is_loopback(host: str) -> bool:
    if host.casefold().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_read(
    spec: ModelSpec,
    classification: str | None,
    privacy: Mapping[str, Sequence[str]] | None,
) -> bool:
    """Tell whether text of a document of this classification may be sent to a model.

    A label that is no key of the table counts for every key whose words it holds ("Restricted (HR)"
    for "restricted"), and each of them must allow it; "*" is for all others and for none."""
    if privacy is None:
        return True
    label = " ".join((classification or "").casefold().split())
    keys = [label] if label in privacy and label != "*" else _keys_within(label, privacy)
    rules = [privacy[key] for key in keys] or [privacy.get("*", ("any",))]
    return all(_allows(one, spec) for one in rules)


def _keys_within(label: str, privacy: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        key
        for key in privacy
        if key not in {"*", ""} and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", label)
    ]


def _allows(places: Sequence[str], spec: ModelSpec) -> bool:
    return "none" not in places and (
        "any" in places or spec.provider in places or ("local" in places and spec.local)
    )
