"""A small run of the benchmark: likeness strictly, speed loosely (other programs may be running)."""

import importlib.util
from pathlib import Path

import pytest

from workbench.embedding import resolve_precision


@pytest.fixture(scope="module")
def benchmark():
    path = Path(__file__).parents[1] / "benchmarks" / "encoder_throughput.py"
    spec = importlib.util.spec_from_file_location("encoder_throughput", path)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_faster_than_sentence_transformers_at_the_same_vectors(benchmark):
    _, texts = benchmark.distinct_utterances()
    native = resolve_precision()
    rows = benchmark.compare(texts[:600], list(dict.fromkeys([native, "fp32"])), rounds=1)
    by_name = {row.name: row for row in rows[1:]}
    for row in by_name.values():
        assert row.mean_cosine >= 0.999
        assert row.neighbours >= 0.98
    # the targets, 2.5x with bf16 and 1.4x without, are measured by `make bench` on a quiet machine
    assert (
        max(by_name["workbench fp32"].wall_ratio, by_name["workbench fp32"].processor_ratio) > 1.1
    )
    if native == "bf16":
        bf16 = by_name["workbench bf16"]
        assert max(bf16.wall_ratio, bf16.processor_ratio) > 1.7
