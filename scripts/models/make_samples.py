"""Writes scripts/samples: 1,000 reviews and 1,500 customers that the models have never seen.

python scripts/models/make_samples.py
"""

import csv
import io
from collections.abc import Iterable

import corpora
import customers
from manifest import replace

REVIEWS = 1000
CUSTOMERS = 1500


def main() -> None:
    _, held_out = corpora.split()
    # Reviews of products first: they are what most callers have.
    sources = (corpora.PRODUCT_REVIEWS, corpora.FILM_REVIEWS)
    reviews = [text.text for source in sources for text in held_out if text.source == source]
    rows = ((f"r-{number:04}", text) for number, text in enumerate(reviews[:REVIEWS], start=1))
    write("reviews.csv", ["id", "text"], rows)

    _, held_out = customers.split()
    # By number, as a shop would export them. Whether they came back is what the shop does not know yet.
    people = sorted(held_out[:CUSTOMERS], key=lambda one: one.id)
    rows = ((f"c-{one.id}", *one[1:-1]) for one in people)
    write("customers.csv", ["customer_id", *customers.Customer._fields[1:-1]], rows)


def write(name: str, header: list[str], rows: Iterable[tuple]) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines)  # its defaults are RFC 4180, line ends included
    writer.writerow(header)
    writer.writerows(rows)
    replace(corpora.ROOT / "scripts" / "samples" / name, lines.getvalue().encode())


if __name__ == "__main__":
    main()
