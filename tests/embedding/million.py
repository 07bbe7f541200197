"""Embed a study of many utterances and print the peak memory in MB and the seconds of each part.

Usage: million.py FOLDER ROWS [static]. With `static` the encoder is the static tier of MiniLM; else
it is a real model file of the BERT family with one thin layer of random weights and vectors of 384
numbers: what it says is nothing, what it weighs is what counts.
"""

import resource
import sys
import time
from pathlib import Path

import polars as pl


def thin_model(folder: Path) -> Path:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"0123456789", "so", "and", "on"]
    words += [f"##{digit}" for digit in range(10)]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=384,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    from workbench.corpus import Corpus
    from workbench.embedding import EmbeddingStore, Encoder
    from workbench.pipeline import embed_study
    from workbench.study import Study

    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    number = pl.int_range(rows, eager=True)
    tail = pl.Series([" and so on" * i for i in range(8)])
    study = Study.create(
        folder / "study",
        Corpus.build(
            pl.DataFrame(
                {
                    "conversation_id": (number // 50).cast(pl.String),
                    "speaker": (number % 2).cast(pl.String),
                    "text": number.cast(pl.String) + tail.gather(number % 8),
                }
            )
        ),
    )
    study = Study.open(study.folder)
    assert study.corpus.utterances.height == rows
    print("corpus", peak(), flush=True)
    encoder = (
        Encoder(engine="static")
        if sys.argv[3:] == ["static"]
        else Encoder(thin_model(folder / "model"), device="cpu", precision="fp32")
    )
    begun = time.perf_counter()
    embed_study(study, encoder=encoder, store=EmbeddingStore(folder / "store"))
    print("embedded", peak(), round(time.perf_counter() - begun), flush=True)
    mapped = study.embeddings(in_memory=False)
    assert mapped.shape == (rows, encoder.dimension)
    begun = time.perf_counter()
    study._corpus = None
    (study.folder / "steps" / "embed.json").unlink()
    embed_study(study, encoder=encoder, store=EmbeddingStore(folder / "store"))
    print("again", peak(), round(time.perf_counter() - begun), flush=True)


if __name__ == "__main__":
    main()
