"""What plain words reach: the model a reader would try first, beside which the head has to stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.emotion.comments import Comments
from workbench.heads.calibrate import fit_thresholds

__all__ = ["words_alone"]


def words_alone(train: Comments, test: Comments, fold: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Assign labels by TF-IDF of words and word pairs with logistic regression.

    Cut-offs are tuned as the head's are, on probabilities out of fold.

    Parameters
    ----------
    train, test
        What to learn from, and what to assign labels to.
    fold : shape (len(train),)
        Fold of each training comment.

    Returns
    -------
    ndarray of bool, shape (len(test), labels)
    """
    held_out = np.empty(train.labels.shape)
    for left_out in np.unique(fold):
        outside = np.flatnonzero(fold == left_out)
        inside = np.flatnonzero(fold != left_out)
        held_out[outside] = _learned(train.take(inside), [train.texts[i] for i in outside])
    cut_off = fit_thresholds(held_out, train.labels.astype(float), exclusive=False)
    return _learned(train, test.texts) >= cut_off


def _learned(train: Comments, texts: list[str]) -> NDArray[np.float64]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    seen = words.fit_transform(train.texts)
    each = OneVsRestClassifier(LogisticRegression(solver="liblinear"))
    each.fit(seen, train.labels.astype(int))
    return np.asarray(each.predict_proba(words.transform(texts)))
