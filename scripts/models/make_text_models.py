"""Writes small text models of every kind that the fused kernel computes, and some that it does not, with scikit-learn's answers:
Tests/Fixtures/text.

    python scripts/models/make_text_models.py
"""

import json

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from corpora import ROOT
from train_sentiment import TOKEN_PATTERN, TOKEN_PATTERN_IN_FILE

TEXTS = [
    "good good book", "bad book, not good", "a fine day at the sea", "not a fine day", "the sea is cold", "cold coffee, bad day",
    "good coffee and a good book", "the book is not bad", "fine fine fine", "sea and sun, good day", "extraordinarily good coffee",
    "un café très bon", "Ein schöner Tag am Meer", "sonne und meer", "is it cold", "and not fine",
]
ASKED = TEXTS + ["", "GOOD Good gOOD book!", "nothing known here", "not not not bad", "CAFÉ café café", "extraordinarily", "a b c",
                 "good book " * 40, "book_good good-book", "Schöner TAG"]
TWO = [len(text) % 2 for text in TEXTS]
THREE = [("low", "middle", "high")[len(text) % 3] for text in TEXTS]
NUMBERS = [len(text) / 7 for text in TEXTS]


def vectorizer(kind=TfidfVectorizer, **options):
    return kind(**{"token_pattern": TOKEN_PATTERN, "ngram_range": (1, 2), **options})


PIPELINES = {
    "two_labels": (vectorizer(), LogisticRegression(C=10), TWO),
    "three_labels": (vectorizer(), LogisticRegression(C=10), THREE),
    "one_against_rest": (vectorizer(), OneVsRestClassifier(LogisticRegression(C=10)), THREE),
    "words_alone": (vectorizer(ngram_range=(1, 1)), LogisticRegression(), THREE),
    "pairs_alone": (vectorizer(ngram_range=(2, 2)), LogisticRegression(), THREE),
    "no_idf": (vectorizer(use_idf=False), LogisticRegression(), TWO),
    "no_norm": (vectorizer(norm=None), LogisticRegression(), THREE),
    "norm_l1": (vectorizer(norm="l1"), LogisticRegression(C=100), THREE),
    "sublinear": (vectorizer(sublinear_tf=True), LogisticRegression(C=10), THREE),
    "capitals": (vectorizer(lowercase=False), LogisticRegression(), TWO),
    "counts": (vectorizer(CountVectorizer), LogisticRegression(), THREE),
    "regression": (vectorizer(), LinearRegression(), NUMBERS),
    "few_features": (vectorizer(max_features=12), LogisticRegression(), THREE),
    # As somebody converts it who knows none of the converter's traps: other words, and a locale that servers lack.
    "converter_defaults": (TfidfVectorizer(), LogisticRegression(C=10), THREE),
}


# Classifiers of margins, which the converter calls probabilities all the same; of two labels, ridge gives one column.
MARGINS = {
    "margins_three": (RidgeClassifier(), THREE),
    "margins_two": (RidgeClassifier(), TWO),
    "margins_hinge": (SGDClassifier(loss="hinge", random_state=1), TWO),
}
# The rows that a run must have, as some exporters write them into all tensors.
FIXED = {"one_row": 1, "four_rows": 4}


def write_others(folder) -> None:
    words = vectorizer(CountVectorizer)
    options = {id(words): {"tokenexp": TOKEN_PATTERN_IN_FILE, "locale": "C.UTF-8"}}
    initial_types = [("text", StringTensorType([None, 1]))]
    for name, (model, answers) in MARGINS.items():
        pipeline = make_pipeline(words, model).fit(TEXTS, answers)
        file = to_onnx(pipeline, initial_types=initial_types, options={**options, id(pipeline): {"zipmap": False}}, target_opset=16)
        (folder / f"{name}.onnx").write_bytes(file.SerializeToString(deterministic=True))
        lines = [json.dumps({"text": text, "prediction": str(label)}, ensure_ascii=False) + "\n"
                 for text, label in zip(ASKED, pipeline.predict(ASKED))]
        (folder / f"{name}.ndjson").write_text("".join(lines), encoding="utf-8")
    # Inside, its one classifier has the labels 0 and 1.
    pipeline = make_pipeline(words, OneVsRestClassifier(LogisticRegression())).fit(TEXTS, [("even", "odd")[label] for label in TWO])
    file = to_onnx(pipeline, initial_types=initial_types, options={**options, id(pipeline): {"zipmap": False}}, target_opset=16)
    (folder / "two_against_rest.onnx").write_bytes(file.SerializeToString(deterministic=True))
    pipeline = make_pipeline(words, MultinomialNB()).fit(TEXTS, THREE)
    lines = [json.dumps({"text": text, "values": row.tolist()}, ensure_ascii=False) + "\n"
             for text, row in zip(ASKED, pipeline.predict_proba(ASKED))]
    for name, rows in FIXED.items():
        file = to_onnx(pipeline, initial_types=initial_types, options={**options, id(pipeline): {"zipmap": False}}, target_opset=16)
        for value in list(file.graph.input) + list(file.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = rows
        (folder / f"{name}.onnx").write_bytes(file.SerializeToString(deterministic=True))
        (folder / f"{name}.ndjson").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    folder = ROOT / "Tests" / "Fixtures" / "text"
    folder.mkdir(exist_ok=True)
    write_others(folder)
    for name, (words, model, answers) in PIPELINES.items():
        pipeline = make_pipeline(words, model).fit(TEXTS, answers)
        options = {} if name == "converter_defaults" else {id(words): {"tokenexp": TOKEN_PATTERN_IN_FILE, "locale": "C.UTF-8"}}
        if name != "regression":
            options[id(pipeline)] = {"zipmap": False}
        try:
            file = to_onnx(pipeline, initial_types=[("text", StringTensorType([None, 1]))], options=options, target_opset=16)
        except Exception as error:
            print(f"{name}: not converted: {error!r:.200}")
            continue
        (folder / f"{name}.onnx").write_bytes(file.SerializeToString(deterministic=True))
        if name == "converter_defaults":
            continue  # its words are others than scikit-learn's
        found = pipeline.predict(ASKED)[:, None] if name == "regression" else pipeline.predict_proba(ASKED)
        lines = [json.dumps({"text": text, "values": np.asarray(row, dtype=float).tolist()}, ensure_ascii=False) + "\n"
                 for text, row in zip(ASKED, found)]
        (folder / f"{name}.ndjson").write_text("".join(lines), encoding="utf-8")
        print(f"{name}: {file.graph.output[-1].name}: {[node.op_type for node in file.graph.node]}")


if __name__ == "__main__":
    main()
