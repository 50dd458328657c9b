"""Answering without a language model: quotes chosen and put together by rules."""

from assistant.answering.composing import Answering
from assistant.answering.places import day_asked

__all__ = ["Answering", "day_asked"]
