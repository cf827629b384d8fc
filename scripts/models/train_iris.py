"""Trains the `iris` model: four measures of a flower to its species.

python scripts/models/train_iris.py
"""

import numpy as np
import sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from conversion import ask_onnxruntime, ask_reference, convert, require_parity
from manifest import golden, write_fixture, write_model

SEED = 20261121
INPUTS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]

# No iris comes near it, and a row given in millimetres does not pass.
LENGTH_MAX_CM = 20

# Ten times and more what the 32-bit arithmetic of the runtime was seen to differ by.
TOLERANCE = 1e-5


def main() -> None:
    iris = load_iris()
    flowers, species = iris.data, iris.target_names[iris.target]
    # One flower is in the data twice, and would be in both halves for one split in two.
    distinct = np.sort(np.unique(flowers, axis=0, return_index=True)[1])
    training, held_out = train_test_split(distinct, test_size=1 / 3, random_state=SEED, stratify=species[distinct])

    pipeline = Pipeline([("scaler", StandardScaler()), ("classifier", LogisticRegression(max_iter=1000))])
    pipeline.fit(flowers[training], species[training])
    predicted = pipeline.predict(flowers[held_out])
    measures = {
        "accuracy": round(accuracy_score(species[held_out], predicted), 4),
        "macro_f1": round(f1_score(species[held_out], predicted, average="macro"), 4),
        "held_out_rows": len(held_out),
    }
    print(measures)

    model = convert(pipeline, "iris", [("inputs", FloatTensorType([None, len(INPUTS)]))])
    answers = ask_reference(pipeline, flowers)
    require_parity(answers, ask_onnxruntime(model, "inputs", flowers.astype(np.float32)), TOLERANCE)

    bounds = [[0.0] * len(INPUTS), [float(LENGTH_MAX_CM)] * len(INPUTS)]
    chosen = np.concatenate([flowers[::8], bounds])
    golden_answers = ask_reference(pipeline, chosen)
    require_parity(golden_answers, ask_onnxruntime(model, "inputs", chosen.astype(np.float32)), TOLERANCE)

    version = {
        "version": "v1",
        "measures": measures,
        "data": {
            "description": "Fisher's measures of 50 flowers of each of three species, less one that is there twice; "
            "one third held out, each species in proportion",
            "rows": len(distinct),
            "sources": [
                {
                    "name": "scikit-learn",
                    "version": sklearn.__version__,
                    "license": "BSD-3-Clause",
                    "what": "sklearn.datasets.load_iris: R. A. Fisher, The use of multiple measurements in taxonomic "
                    "problems, 1936",
                }
            ],
        },
        "golden": golden(named(chosen), golden_answers, TOLERANCE),
    }
    write_model(model_description(list(map(str, pipeline.classes_))), version, model)
    write_fixture("iris_parity.ndjson", named(flowers), answers)


def named(flowers: np.ndarray) -> list[dict[str, float]]:
    return [dict(zip(INPUTS, flower)) for flower in flowers.tolist()]


def model_description(labels: list[str]) -> dict:
    flower = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    return {
        "name": "iris",
        "task": "classification",
        "description": "Tells the species of an iris from the length and width of its sepals and petals.",
        "load": "start",
        "inputs": [length(name, column) for column, name in enumerate(INPUTS)],
        "outputs": {"labels": labels, "probabilities": "probabilities"},
        "default_version": "v1",
        "timeout": 10,
        "example": {"input": flower, "prediction": "setosa"},
    }


def length(name: str, column: int) -> dict:
    part, extent = name.split("_")
    return {
        "name": name,
        "type": "float",
        "tensor": "inputs",
        "column": column,
        "min": 0,
        "max": LENGTH_MAX_CM,
        "unit": "cm",
        "missing": "error",
        # as the data set's best-known copies head their columns
        "aliases": [f"{part} {extent} (cm)", f"{part}.{extent}", f"{part.title()}{extent.title()}Cm"],
        "description": f"{extent} of the {part}, in centimetres",
    }


if __name__ == "__main__":
    # One thread: the order in which sums are taken, and so the last bits of the file, depends on their number.
    with threadpool_limits(1):
        main()
