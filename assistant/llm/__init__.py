"""Language models: which one, what it may read, how it is called, and what can go wrong.

The home of LangChain's chat models. Their packages are imported when a model is opened and never
before: without one, nothing of them is needed.
"""

from assistant.llm.opening import open_model
from assistant.llm.patience import Breaker, ModelLine, Patience, model_lines
from assistant.llm.probing import Capabilities, local_ollama, probe
from assistant.llm.problems import ModelProblem, ProblemKind, problem_of
from assistant.llm.specs import ModelSpec, may_read, spec_of

__all__ = [
    "Breaker",
    "Capabilities",
    "ModelLine",
    "ModelProblem",
    "ModelSpec",
    "Patience",
    "ProblemKind",
    "local_ollama",
    "may_read",
    "model_lines",
    "open_model",
    "probe",
    "problem_of",
    "spec_of",
]
