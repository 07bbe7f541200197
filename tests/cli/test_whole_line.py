"""`analyse`, then `report`, on corpora of other kinds than the demonstration."""

import gzip
import json

import workbench as wb

SPANISH = [
    ("orientadora", "¿Qué le trae por aquí esta mañana?"),
    ("usuario", "Pues que ya no duermo bien, me despierto cada noche a las tres."),
    ("orientadora", "Se despierta y luego le cuesta mucho volver a dormirse."),
    ("usuario", "Eso es. Y entonces me levanto, miro el teléfono y fumo en la ventana."),
    ("orientadora", "¿Y qué le gustaría que fuera distinto?"),
    ("usuario", "Quiero dejar de fumar, pero de momento no me veo capaz."),
]

QUICK = ("--skip", "attribution")
"""The language model reads the demonstration; four minutes for each corpus would be too long."""


def end_to_end(run, tmp_path, *corpus):
    """Study and page of a corpus (a path and options), and what the program told on the way."""
    study, page = tmp_path / "study", tmp_path / "report.html"
    code, told, trouble = run("analyse", *corpus, "--out", study)
    assert (code, trouble.count("Traceback")) == (0, 0), trouble
    code, _, trouble = run("report", study, "--out", page)
    assert code == 0, trouble
    return wb.Study.open(study), page.read_text("utf-8"), " ".join(told.split())


def test_esconv_raw(run, tmp_path, data_home):
    raw = tmp_path / "esconv.jsonl"
    with gzip.open(data_home / "esconv" / "esconv_raw.jsonl.gz", "rt", encoding="utf-8") as packed:
        raw.write_text("".join(line for line, _ in zip(packed, range(12), strict=False)), "utf-8")
    study, page, told = end_to_end(run, tmp_path, raw, *QUICK)
    assert study.corpus.conversations.height == 12
    made = set(study.layer_names()) | {layer.name for layer in study.corpus.layers}
    assert made >= {"esconv-strategy.gold", "annomi-helper.head", "goemotions.head"}
    assert "how well it agrees with people on these conversations is not known" in told
    # no conversation states a change goal, so every client code says that it stands on nothing
    assert study.layer("annomi-client.head").table["note"].null_count() == 0
    assert "esconv-strategy.gold" in page
    assert "workbench attribute" in page  # the command that makes what is missing


def test_openai_chat(run, tmp_path, data_home):
    chat = data_home / "formats" / "annomi_0.openai_messages.json"
    study, page, told = end_to_end(run, tmp_path, chat, *QUICK)
    assert set(study.corpus.utterances["role"]) == {"assistant", "user"}
    assert "AI assistant" in told
    turns = len(json.loads(chat.read_text("utf-8"))["messages"])
    assert study.corpus.utterances.height == turns
    assert f"{turns} turns" in page or f"{turns} utterances" in page


def test_foreign_columns_and_a_third_language(run, tmp_path):
    table = tmp_path / "sesiones.csv"
    lines = [f"s{number};{role};{text}" for number in range(4) for role, text in SPANISH * 3]
    table.write_text("\n".join(["sesión;quién;frase", *lines]), "utf-8")
    mapping = ["sesión=conversation_id", "quién=speaker", "frase=text"]
    columns = [part for pair in mapping for part in ("--column", pair)]
    roles = ["--role", "orientadora=therapist", "--role", "usuario=client"]
    study, page, told = end_to_end(run, tmp_path, table, *columns, *roles)
    assert study.corpus.utterances["side"].unique().sort().to_list() == ["client", "helper"]
    assert not [name for name in study.layer_names() if name.endswith(".head")]
    assert "English" in told
    assert "English" in page
    assert "miro el teléfono y fumo en la ventana" in page
