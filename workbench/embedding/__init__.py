"""Sentence embeddings: an encoder at the speed of the machine, and a store that keeps its work.

`embed` is what analyses call: each distinct text is looked up in the store, encoded once if it is
new, and kept. Importing this package loads neither torch nor transformers.
"""

from workbench.embedding.aligned import Embeddings, aligned
from workbench.embedding.cached import embed
from workbench.embedding.encoder import Encoder, text_mark
from workbench.embedding.hardware import resolve_device, resolve_precision
from workbench.embedding.recipe import resolve_encoder_path
from workbench.embedding.store import EmbeddingStore

__all__ = [
    "EmbeddingStore",
    "Embeddings",
    "Encoder",
    "aligned",
    "embed",
    "resolve_device",
    "resolve_encoder_path",
    "resolve_precision",
    "text_mark",
]
