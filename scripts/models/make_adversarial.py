"""Writes the texts at which engines part company, with scikit-learn's answers: Tests/Fixtures/sentiment_adversarial.ndjson.

    python scripts/models/make_adversarial.py
"""

import random
import sys
import unicodedata

from conversion import Answers
from corpora import ROOT
from manifest import write_fixture
from text_reference import pipeline_of
from train_sentiment import AWKWARD

# Characters of each category and kind that stand between, before and after words of the vocabulary.
OF_EACH_CATEGORY = 24
GENERATED = 1200


def main() -> None:
    dice = random.Random(7)
    pipeline = pipeline_of(ROOT / "models" / "sentiment" / "v1" / "model.onnx")
    words = sorted(pipeline.named_steps["tfidf"].vocabulary)
    texts = dict.fromkeys(AWKWARD + special() + by_category(dice) + [generated(dice, words) for _ in range(GENERATED)])
    rows = [text for text in texts if text and len(text) <= 1000]
    probabilities = pipeline.predict_proba(rows)
    labels = pipeline.classes_[probabilities.argmax(axis=1)]
    write_fixture("sentiment_adversarial.ndjson", [{"text": text} for text in rows], Answers(labels, probabilities))


def special() -> list[str]:
    """What is known to differ between libraries."""
    return [
        "İstanbul GREAT", "GREATİ BAD", "ΛΟΓΟΣ great", "ΟΔΟΣ", "Σ great Σ", "AΣB Σ. aΣ", "great\u0301 bad", "ba\u0323d great",
        "a I x 7 _ great", "g r e a t", "_great_ great_ _", "__ ___", "x", "7", "_", " ", "\t\n", "great" * 200, "a" * 1000,
        "ﬃcient great", "ǅ ǈ ǋ bad", "ẞ great ẞ", "ΐ great", "K great \u212a\u212a \u212aill", "Å love \u212b", "e\u0301e\u0301 love",
        "love\u200dlove", "love\ufeffhate", "love\u2028hate", "love\u0085hate", "love\x00hate"[:4], "love\x1fhate", "love\x7fhate",
        "👍🏽 love 👩‍👩‍👧 hate", "ＬＯＶＥ love", "𝐥𝐨𝐯𝐞 love", "l\u00adove", "ⅣⅣ love Ⓛove", "１２３ love", "٠١٢ 12", "love—hate", "love…hate",
        "LOVE LOVE love LoVe", "not bad at all", "NOT BAD", "love" + " hate" * 199, "ß love ſ ſs", "ŉ love", "ա ԱԲ love",
        "Ⴀ love ა Ა", "Ꭰ love ꭰ", "Ⱥ love ȺȺ", "ɐ Ɐ love", "\U00010400\U00010401 love", "\U0001e900\U0001e901 love",
        "कि love", "กำ love", "한국어 love", "ひらがな カタカナ love", "עברית love", "العربية love", "love²", "½love", "①love",
    ]


def by_category(dice: random.Random) -> list[str]:
    kinds: dict[str, list[str]] = {}
    for code in range(1, sys.maxunicode + 1):
        if not 0xD800 <= code <= 0xDFFF:
            kinds.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    texts = []
    for characters in kinds.values():
        for character in dice.sample(characters, min(OF_EACH_CATEGORY, len(characters))):
            texts += [f"love{character}hate", f"great {character}{character} bad", f"{character}good not{character} good"]
    return texts


def generated(dice: random.Random, words: list[str]) -> str:
    """Words of the vocabulary in any case, with anything between them."""
    pieces = []
    for _ in range(dice.randrange(1, 30)):
        word = dice.choice(words)
        pieces.append(dice.choice([word, word.upper(), word.title(), word[:-1], word + dice.choice("sé_1ı")]))
        pieces.append(dice.choice([" ", " ", " ", "  ", ", ", ". ", "-", "_", "'", "\n", "\u00a0", "\u0301", "😀", "é", "中", ""]))
    return "".join(pieces)[:1000]


if __name__ == "__main__":
    main()
