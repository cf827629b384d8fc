"""Counts the characters that the two libraries treat differently before any word is counted.

    python scripts/models/compare_characters.py

Puts every Unicode character, between letters and twice in a row, through lower-casing and tokenising: as scikit-learn
does it in Python, and as ONNX Runtime does it with the first nodes of the shipped model.
"""

import re
import sys
import unicodedata
from collections import Counter

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from corpora import ROOT
from train_sentiment import TOKEN_PATTERN

BATCH = 20_000


def main() -> None:
    model = onnx.load(ROOT / "models" / "sentiment" / "v1" / "model.onnx")
    padding, session = tokenizer(model)
    scalars = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    differing = Counter()
    for form in ("aa{0}bb", "{0}{0}"):
        for start in range(0, len(scalars), BATCH):
            characters = scalars[start : start + BATCH]
            texts = np.array([form.format(character) for character in characters], dtype=object)
            rows = session.run(["tokenized"], {"text": texts.reshape(-1, 1)})[0].reshape(len(texts), -1)
            for character, text, row in zip(characters, texts, rows):
                if re.findall(TOKEN_PATTERN, text.lower()) != [token for token in row if token != padding]:
                    differing[character] += 1

    unassigned = sum(unicodedata.category(character) == "Cn" for character in differing)
    print(f"{unassigned} of {len(scalars)} characters are newer than Python's Unicode {unicodedata.unidata_version}")
    for character in differing:
        if unicodedata.category(character) != "Cn":
            print(f"U+{ord(character):04X} {unicodedata.name(character)}")


def tokenizer(model: onnx.ModelProto) -> tuple[str, onnxruntime.InferenceSession]:
    """Cuts the model after its tokeniser. Returns what that fills short rows with, and the session."""
    last = next(index for index, node in enumerate(model.graph.node) if node.op_type == "Tokenizer")
    nodes = model.graph.node[: last + 1]
    padding = next(item.s.decode() for item in nodes[-1].attribute if item.name == "pad_value")
    output = helper.make_tensor_value_info("tokenized", TensorProto.STRING, None)
    constants = [constant for constant in model.graph.initializer if any(constant.name in node.input for node in nodes)]
    graph = helper.make_graph(nodes, "tokenizer", model.graph.input, [output], constants)
    cut = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return padding, onnxruntime.InferenceSession(cut.SerializeToString(), providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
