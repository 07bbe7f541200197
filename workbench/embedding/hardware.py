"""Choose device and precision: what the machine does fastest at no loss that matters."""

from __future__ import annotations

from workbench import settings
from workbench.errors import BadInput

__all__ = ["DEVICES", "PRECISIONS", "resolve_device", "resolve_precision"]

DEVICES = ("cuda", "mps", "cpu")
PRECISIONS = ("fp32", "bf16", "fp16")


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
