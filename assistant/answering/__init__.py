"""Answering without a language model: quotes chosen and put together by rules."""

from assistant.answering.composing import Answering

__all__ = ["Answering"]
