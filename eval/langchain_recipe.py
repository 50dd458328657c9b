"""The plain LangChain recipe, for comparison: text read in, split by length, embedded, stored.

As its tutorials show it: RecursiveCharacterTextSplitter with 1,000 characters and 200 of overlap,
and Chroma on disk. The model is ours, so that only the way around it differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from knowledge.embedding import Embedder


class _Ours(Embeddings):
    """Annexa's embedder as LangChain wants one."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embedder.embed_passages(texts).tolist()]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self._embedder.embed_query(text).tolist()]


def index(
    folder: Path, names: Sequence[str], store: Path, embedder: Embedder
) -> tuple[Chroma, int]:
    """Index text files the plain way; give the store and the number of chunks."""
    documents = [
        Document((folder / name).read_text(encoding="utf-8"), metadata={"source": name})
        for name in names
    ]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = splitter.split_documents(documents)
    made = Chroma.from_documents(chunks, _Ours(embedder), persist_directory=str(store))
    return made, len(chunks)
