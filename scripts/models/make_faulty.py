"""Writes Tests/CommandTests/models/faulty: a model that doubles a number, and misbehaves for four of them.

python scripts/models/make_faulty.py

The tests of the running service submit these numbers among good ones, and expect that theirs alone are the rows that
fail. A run that holds -1 throws, one with -2 ends the process, one with -3 goes on until it is told to stop, and one
with -4 does not stop when it is told to.
"""

import hashlib

import onnx.checker
import onnx.parser
from corpora import ROOT
from manifest import pretty, replace

# -2: ONNX Runtime looks for a division by zero, but not for the one that overflows: the processor traps.
# -3: the library looks for the wish to stop between two nodes, and each round of a loop has some.
# -4: a million boxes of which none overlaps another take 5e11 comparisons, in one node.
GRAPH = """
<ir_version: 8, opset_import: ["": 17]>
faulty (float[rows, 1] x) => (float[rows, 1] y)
<float throwing = {-1}, float killing = {-2}, float looping = {-3}, float hanging = {-4},
 float[1] two = {2}, int64[1] one = {1}, int64[1] four = {4}, int64[1] minus_one = {-1},
 int64[1] least = {-9223372036854775808}, int64 rounds = {1000000000000}, bool yes = {1}, float nothing = {0},
 int64[1] boxes = {1000000}>
{
    throws = Equal(x, throwing)
    place = Cast<to = 7>(throws)
    taken = Gather(two, place)
    doubled = Mul(x, taken)

    kills = Equal(x, killing)
    dividend = Where(kills, least, one)
    divisor = Where(kills, minus_one, one)
    quotient = Div(dividend, divisor)
    factor = Cast<to = 1>(quotient)
    survived = Mul(doubled, factor)

    loops = Equal(x, looping)
    loop_numbers = Cast<to = 7>(loops)
    any_loop = ReduceMax<keepdims = 0>(loop_numbers)
    trips = Mul(any_loop, rounds)
    looped = Loop(trips, yes, nothing) <body = round (int64 number, bool goes_on, float before) => (bool goes, float after) {
        goes = Identity(goes_on)
        after = Neg(before)
    }>
    ended = Add(survived, looped)

    hangs = Equal(x, hanging)
    hang_numbers = Cast<to = 7>(hangs)
    any_hang = ReduceMax<keepdims = 0>(hang_numbers)
    more = Mul(any_hang, boxes)
    count = Add(more, one)
    boxes_shape = Concat<axis = 0>(one, count, four)
    scores_shape = Concat<axis = 0>(one, one, count)
    sides = ConstantOfShape(boxes_shape)
    scores = ConstantOfShape(scores_shape)
    most = Squeeze(count)
    chosen = NonMaxSuppression(sides, scores, most)
    chosen_sum = ReduceSum<keepdims = 0>(chosen)
    chosen_number = Cast<to = 1>(chosen_sum)
    y = Add(ended, chosen_number)
}
"""


def main() -> None:
    model = onnx.parser.parse_model(GRAPH)
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString(deterministic=True)
    rows = [{"input": {"x": number}, "prediction": [2 * number]} for number in (0, 1, 2.5, -5)]
    version = {
        "version": "v1",
        "state": "active",
        "files": {"model.onnx": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}},
        "golden": {"tolerance": 1e-6, "rows": rows},
    }
    manifest = {
        "name": "faulty",
        "task": "vector",
        "description": "Doubles a number; runs with -1, -2, -3 or -4 in them fail, each in a way of its own.",
        "load": "start",
        "inputs": [{"name": "x", "type": "float", "tensor": "x", "column": 0}],
        "outputs": {"values": "y", "width": 1},
        "default_version": "v1",
        "timeout": 0.5,
        "versions": [version],
    }
    folder = ROOT / "Tests" / "CommandTests" / "models" / "faulty"
    replace(folder / "v1" / "model.onnx", content)
    replace(folder / "model.json", (pretty(manifest) + "\n").encode())


if __name__ == "__main__":
    main()
