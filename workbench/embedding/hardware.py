"""Choose device and precision: what the machine does fastest at no loss that matters."""

from __future__ import annotations

from workbench import settings
from workbench.errors import BadInput
from workbench.resources import is_installed

__all__ = [
    "DEVICES",
    "ENGINES",
    "MANY_TEXTS",
    "PRECISIONS",
    "resolve_device",
    "resolve_engine",
    "resolve_precision",
]

DEVICES = ("cuda", "mps", "cpu")
PRECISIONS = ("fp32", "bf16", "fp16")
ENGINES = ("torch", "static")

MANY_TEXTS = 1_000_000
"""Texts above which `engine="auto"` takes the static tier on a CPU.

Two cores with bf16 instructions encode about a thousand utterances in a second: a million are a
quarter of an hour, and twice to three times that without those instructions.
"""


def resolve_device(device: str = "auto") -> str:
    """Return `cuda`, `mps` or `cpu` (`cuda:1` for one card of several).

    Parameters
    ----------
    device
        `auto` follows the setting `WORKBENCH_DEVICE` and takes the best device there.

    Raises
    ------
    BadInput
        If the name is unknown or this machine has no such device.
    """
    import torch

    wanted = settings.value("device") if device == "auto" else device
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return next(name for name in DEVICES if present[name])
    kind, _, index = wanted.partition(":")
    if kind not in present or (index and not index.isdigit()):
        raise BadInput.unknown("device", wanted, ["auto", *DEVICES])
    too_high = kind == "cuda" and bool(index) and int(index) >= torch.cuda.device_count()
    if not present[kind] or too_high:
        here = [name for name in DEVICES if present[name]]
        raise BadInput(f"This machine has no device {wanted!r}; present: {here}.")
    return wanted


def resolve_precision(precision: str = "auto", *, device: str = "cpu") -> str:
    """Return `fp32`, `bf16` or `fp16`; `auto` takes what `device` computes natively.

    bf16 where the processor has AVX512-BF16, AMX or ARM's bf16 instructions, or the GPU is of
    compute capability 8 or more; fp16 on older CUDA cards; else fp32.
    """
    if precision != "auto":
        if precision not in PRECISIONS:
            raise BadInput.unknown("precision", precision, ["auto", *PRECISIONS])
        return precision
    if device.startswith("cuda"):
        import torch

        major, _ = torch.cuda.get_device_capability(device)
        return "bf16" if major >= 8 else "fp16"
    return "bf16" if device == "cpu" and _processor_has_bf16() else "fp32"


def _processor_has_bf16() -> bool:
    import torch

    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def resolve_engine(engine: str = "torch", *, device: str, size: int | None) -> tuple[str, str]:
    """Return `torch` or `static`, and the reason as a phrase.

    Parameters
    ----------
    engine
        `torch` and `static` are taken as they are. `auto` takes `static` on a machine without a GPU
        for more than `MANY_TEXTS` texts if model2vec is installed, else `torch`.
    device
        Resolved device of the transformer.
    size
        How many texts there are to encode in all, None if unknown.

    Raises
    ------
    BadInput
        If the engine is unknown, or the size is no number of texts.
    """
    if engine not in (*ENGINES, "auto"):
        raise BadInput.unknown("engine", engine, ["auto", *ENGINES])
    if size is not None and size < 0:
        raise BadInput(f"The size is a number of texts, not {size}.")
    if engine != "auto":
        return engine, "as given"
    if device != "cpu":
        return "torch", "there is a GPU"
    if size is None:
        return "torch", "the number of texts (size=) is not stated"
    if size <= MANY_TEXTS:
        return "torch", f"{size:,} texts are at most {MANY_TEXTS:,}"
    if not is_installed("model2vec"):
        return "torch", "model2vec is not installed (pip install 'dialogue-workbench[static]')"
    return "static", f"{size:,} texts are more than {MANY_TEXTS:,} and there is no GPU"
