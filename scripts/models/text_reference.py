"""scikit-learn's own objects, made again from the tables in a text model's file: the reference for every other engine."""

import re
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline


def pipeline_of(path: Path) -> Pipeline:
    """The pipeline whose conversion the file is, with the numbers of the file."""
    model = onnx.load(path)
    nodes = {node.op_type: {item.name: helper.get_attribute_value(item) for item in node.attribute}
             for node in model.graph.node if node.op_type != "Normalizer"}
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    counter, linear = nodes["TfIdfVectorizer"], nodes["LinearClassifier"]

    words = [word.decode() for word in counter["pool_strings"]]
    pairs = counter["ngram_counts"][1]
    terms = words[:pairs] + [f"{first} {second}" for first, second in zip(words[pairs::2], words[pairs + 1::2])]
    pattern = nodes["Tokenizer"]["tokenexp"].decode().replace(r"[\p{L}\p{N}_]", r"\w")
    vectorizer = TfidfVectorizer(vocabulary=dict(zip(terms, counter["ngram_indexes"])), token_pattern=pattern,
                                 ngram_range=(1, 2))
    vectorizer.idf_ = constants["idfcst"].astype(np.float64)

    classifier = LogisticRegression()
    classifier.classes_ = np.array([label.decode() for label in linear["classlabels_strings"]])
    classifier.intercept_ = np.array(linear["intercepts"], dtype=np.float64)
    classifier.coef_ = np.array(linear["coefficients"], dtype=np.float64).reshape(len(classifier.classes_), -1)
    classifier.n_features_in_ = classifier.coef_.shape[1]
    assert re.fullmatch(r"\\w\{\d,\}", pattern), pattern
    return Pipeline([("tfidf", vectorizer), ("linear", classifier)])
