"""Plain baselines on the same folds: most frequent label, TF-IDF + logistic regression, rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.coding.scoring.facts import CodedMaterial

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from workbench.corpus import Scheme

__all__ = ["MAJORITY", "PLAIN_WORDS", "RULES", "baselines"]

PLAIN_WORDS = "TF-IDF + logistic regression"
RULES = "rules"
MAJORITY = "most frequent label"


def baselines(
    material: CodedMaterial, scheme: Scheme, folds: Sequence[NDArray[np.intp]]
) -> dict[str, list[NDArray[np.bool_]]]:
    """Labels that baselines assign, by name: one table of shape (n, k) per fold assignment.

    Rules stand only beside schemes that have some, the most frequent label only beside exclusive
    schemes: elsewhere it would be no label at all.
    """
    found = {PLAIN_WORDS: [_plain_words(material, scheme, fold) for fold in folds]}
    ruled = _rules(material, scheme)
    if ruled is not None:
        found[RULES] = [ruled for _ in folds]
    if scheme.exclusive:
        found[MAJORITY] = [_majority(material, fold) for fold in folds]
    return found


def _plain_words(
    material: CodedMaterial, scheme: Scheme, fold: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Assign by TF-IDF of words and word pairs with class-balanced logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = np.array(material.texts, dtype=object)
    assigned = np.zeros_like(material.gold)
    for left_out in np.unique(fold[fold >= 0]):
        train, test = fold != left_out, fold == left_out
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        seen, unseen = words.fit_transform(texts[train]), words.transform(texts[test])
        if scheme.exclusive:
            codes = _separate(seen, material.gold[train].argmax(axis=1), unseen)
            assigned[test] = np.eye(len(scheme.labels), dtype=bool)[codes]
        else:
            columns = [_separate(seen, column, unseen) for column in material.gold[train].T]
            assigned[test] = np.column_stack(columns)
    return assigned


def _separate(seen: csr_matrix, codes: NDArray, unseen: csr_matrix) -> NDArray:
    """Class-balanced logistic regression; with one code in the training part, always that one."""
    from sklearn.linear_model import LogisticRegression

    if (codes == codes[0]).all():
        return np.full(unseen.shape[0], codes[0])
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    return np.asarray(model.fit(seen, codes).predict(unseen))


def _majority(material: CodedMaterial, fold: NDArray[np.intp]) -> NDArray[np.bool_]:
    assigned = np.zeros_like(material.gold)
    for left_out in np.unique(fold[fold >= 0]):
        most = int(material.targets[fold != left_out].mean(axis=0).argmax())
        assigned[fold == left_out, most] = True
    return assigned


def _rules(material: CodedMaterial, scheme: Scheme) -> NDArray[np.bool_] | None:
    """Labels by the readable rules of a scheme; None where it has none or other labels."""
    from workbench.coding.rules import rule_labels, rule_schemes

    if scheme.name not in rule_schemes():
        return None
    given = rule_labels(material.texts, scheme.name)
    if not {label for labels in given for label in labels} <= set(scheme.labels):
        return None
    assigned = np.array([[label in labels for label in scheme.labels] for labels in given])
    if scheme.exclusive:  # no words, no rule: the label that most utterances have
        assigned[~assigned.any(axis=1), int(material.targets.mean(axis=0).argmax())] = True
    return assigned
