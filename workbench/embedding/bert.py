"""Forward pass of a BERT encoder over texts of one length: no padding, no mask.

transformers' own pass computes query, key and value apart and calls a general attention kernel;
on short texts both cost more than they need to. Here they are one matrix product, and attention is
written out up to `_SHORT` tokens, where that is faster than the fused kernel. Same weights, same
formula (Devlin et al. 2019; Vaswani et al. 2017, eq. 1).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["EqualLengthBert", "fits"]

_SHORT = 160


class _Block(NamedTuple):
    """Weights of one transformer layer."""

    qkv: Tensor
    qkv_bias: Tensor
    attended: Any
    intermediate: Any
    output: Any


def fits(model: Any) -> bool:
    """Whether `model` is a plain BERT encoder, the only kind that `EqualLengthBert` computes."""
    config = model.config
    return (
        type(model).__name__ == "BertModel"
        and not config.is_decoder
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
    )


class EqualLengthBert:
    """Last hidden states of a `BertModel` for a batch of texts with equally many tokens.

    Parameters
    ----------
    model
        A `transformers.BertModel` in evaluation mode, on its device, in its precision.
    """

    def __init__(self, model: Any) -> None:
        config = model.config
        self.heads = config.num_attention_heads
        words = model.embeddings
        self.words = words.word_embeddings.weight
        self.places = words.position_embeddings.weight + words.token_type_embeddings.weight[0]
        self.norm = words.LayerNorm
        scale = (config.hidden_size // self.heads) ** -0.5
        self.blocks = [_block(layer, scale) for layer in model.encoder.layer]

    def __call__(self, tokens: Tensor) -> Tensor:
        """Hidden states (texts, length, dimension) of token ids (texts, length)."""
        hidden = self.norm(
            functional.embedding(tokens, self.words) + self.places[: tokens.shape[1]]
        )
        for block in self.blocks:
            mixed = self._attend(hidden, block)
            attended = block.attended.LayerNorm(block.attended.dense(mixed) + hidden)
            raised = block.intermediate(attended)
            hidden = block.output.LayerNorm(block.output.dense(raised) + attended)
        return hidden

    def _attend(self, hidden: Tensor, block: _Block) -> Tensor:
        texts, length, dimension = hidden.shape
        joint = functional.linear(hidden, block.qkv, block.qkv_bias)
        query, key, value = (
            joint.view(texts, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        )
        if length <= _SHORT:
            mixed = torch.softmax(query @ key.transpose(2, 3), dim=-1) @ value
        else:
            mixed = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
        return mixed.transpose(1, 2).reshape(texts, length, dimension)


def _block(layer: Any, scale: float) -> _Block:
    """Join query, key and value; the attention scale goes into the query's weights."""
    own = layer.attention.self
    return _Block(
        qkv=torch.cat([own.query.weight * scale, own.key.weight, own.value.weight]),
        qkv_bias=torch.cat([own.query.bias * scale, own.key.bias, own.value.bias]),
        attended=layer.attention.output,
        intermediate=layer.intermediate,
        output=layer.output,
    )
