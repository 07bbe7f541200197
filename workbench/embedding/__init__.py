"""Sentence embeddings: an encoder at the speed of the machine, and a store that keeps its work.

`embed` is what analyses call: each distinct text is looked up in the store, encoded once if it is
new, and kept. Importing this package loads neither torch nor transformers.
"""

from workbench.embedding.aligned import Embeddings, aligned
from workbench.embedding.cached import embed, embed_blocks
from workbench.embedding.clock import Profile
from workbench.embedding.context import with_context
from workbench.embedding.encoder import Encoder, text_mark
from workbench.embedding.hardware import resolve_device, resolve_precision
from workbench.embedding.recipe import resolve_encoder_path
from workbench.embedding.store import EmbeddingStore

__all__ = [
    "EmbeddingStore",
    "Embeddings",
    "Encoder",
    "Profile",
    "aligned",
    "embed",
    "embed_blocks",
    "resolve_device",
    "resolve_encoder_path",
    "resolve_precision",
    "text_mark",
    "with_context",
]
