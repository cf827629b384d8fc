"""Customers of a shop as they were at one day, what they did afterwards, and the split for learning and judging.

The log of orders is a data file inside a published package: see README.md for what it holds.
"""

import zipfile
from collections import defaultdict
from datetime import date, timedelta
from typing import NamedTuple

from sklearn.model_selection import train_test_split

from corpora import archive

# The log runs from 1 January 1997 to 30 June 1998, 78 weeks: what is known comes from the first half, what is to be
# told from the second. Every customer's first order lies in the first twelve weeks.
FIRST_DAY = date(1997, 1, 1)
KNOWN_WEEKS = 39
LAST_KNOWN_DAY = FIRST_DAY + timedelta(weeks=KNOWN_WEEKS, days=-1)

HELD_OUT = 0.25
SEED = 20261121


class Order(NamedTuple):
    day: date
    discs: int
    dollars: float


class Customer(NamedTuple):
    id: str
    first_order: date
    last_order: date
    discs: int
    recency: float
    frequency: int
    spend: float
    age: float
    bought_again: str


def split() -> tuple[list[Customer], list[Customer]]:
    """Splits the customers into those for learning and those held out, both answers in proportion.

    Fixed by its seed: the training script, its fixtures and the samples all mean the same held-out customers.
    """
    known = [customer(name, orders) for name, orders in log().items()]
    answers = [one.bought_again for one in known]
    return tuple(train_test_split(known, test_size=HELD_OUT, random_state=SEED, stratify=answers))


def log() -> dict[str, list[Order]]:
    """Reads 69,659 lines: who, when, how many discs, for how many dollars."""
    with zipfile.ZipFile(archive("Lifetimes-0.11.3-py3-none-any.whl")) as package:
        _, *lines = package.read("lifetimes/datasets/CDNOW_master.txt").decode("ascii").splitlines()
    orders = defaultdict(list)
    for line in lines:
        name, day, discs, dollars = line.split()
        orders[name].append(Order(date.fromisoformat(day), int(discs), float(dollars)))
    return orders


def customer(name: str, orders: list[Order]) -> Customer:
    """Sums up what the shop knew at the end of week 39. Nothing later goes in, but for the answer."""
    known = [order for order in orders if order.day <= LAST_KNOWN_DAY]
    # Some days have several lines of one customer, and the log does not tell a second order from a split one.
    days = {order.day for order in known}
    return Customer(
        id=name,
        first_order=min(days),
        last_order=max(days),
        discs=sum(order.discs for order in known),
        recency=weeks_since(max(days)),
        frequency=len(days),
        spend=round(sum(order.dollars for order in known), 2),
        age=weeks_since(min(days)),
        bought_again="yes" if len(known) < len(orders) else "no",
    )


def weeks_since(day: date) -> float:
    """Counts in weeks of two decimals: what a sample shows is what the model has learned from."""
    return round((LAST_KNOWN_DAY - day).days / 7, 2)
