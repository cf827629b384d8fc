"""Writes scripts/samples/reviews.csv: 1,000 reviews that the sentiment model has never seen.

python scripts/models/make_samples.py
"""

import csv
import io

import corpora
from manifest import replace

ROWS = 1000


def main() -> None:
    _, held_out = corpora.split()
    # Reviews of products first: they are what most callers have.
    sources = (corpora.PRODUCT_REVIEWS, corpora.FILM_REVIEWS)
    reviews = [text.text for source in sources for text in held_out if text.source == source]

    lines = io.StringIO()
    writer = csv.writer(lines)  # its defaults are RFC 4180, line ends included
    writer.writerow(["id", "text"])
    writer.writerows((f"r-{number:04}", text) for number, text in enumerate(reviews[:ROWS], start=1))
    replace(corpora.ROOT / "scripts" / "samples" / "reviews.csv", lines.getvalue().encode())


if __name__ == "__main__":
    main()
