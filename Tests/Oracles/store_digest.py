"""Digests of stores, built from the definition in docs/store.md with Python's struct, hashlib and sqlite3.

Without arguments it prints the two values that Tests/RunStorageTests/DigestTests.swift expects; with the path of a
database file, what `flowexp store digest` must print for it (MigrationTests.swift: of each fixture).
"""

import hashlib
import json
import math
import sqlite3
import struct
import sys


def integer(value):
    return struct.pack("<q", value)


def text(value):
    data = value.encode()
    return integer(len(data)) + data


def double(value):
    if math.isnan(value):
        return struct.pack("<Q", 0x7FF8000000000000)
    return struct.pack("<d", value + 0.0)


def optional(encode, value):
    return b"\0" if value is None else b"\1" + encode(value)


header = text("flowexp.store-digest/1")
run = text("0a") + text('{"seed":0}') + text("completed") + text("")
# one metric
run += integer(1)
run += text("mmd") + text("{}") + integer(1) + optional(double, 0.5) + optional(text, None) + optional(double, None)
run += integer(2) + integer(10) + integer(20) + text("lower")
run += b"\1" + double(0.25) + double(0.125) + integer(3) + text("{}")
# one history row, without seconds
run += integer(1)
run += integer(5) + double(math.nan) + optional(double, -1.5) + double(2) + double(0.001) + double(8)
run += integer(100) + integer(1)
# one artefact with one tensor
run += integer(1) + text("parameters.safetensors") + integer(1)
run += text("w") + text("F32") + integer(2) + integer(2) + integer(3) + text("ab" * 32)



def database_digest(path):
    """The digest of a version 1 database, from its tables."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    number = lambda value: double(math.nan if value is None else value)
    content = header
    runs = database.execute(
        "SELECT run_key, id, configuration, state, coalesce(failure_code, '') FROM run_records WHERE state = 'completed' "
        "OR (state = 'failed' AND failure_code IN ('diverged', 'error')) ORDER BY id").fetchall()
    for key, *texts in runs:
        content += b"".join(text(value) for value in texts)
        rows = database.execute(
            "SELECT name, parameters, version, value, reason, standard_error, sample_sizes, direction, floor_mean, "
            "floor_sd, floor_repetitions, details FROM metric_values WHERE run_key = ? "
            "ORDER BY name, parameters, version", (key,)).fetchall()
        content += integer(len(rows))
        for name, parameters, version, value, reason, error, sizes, direction, mean, sd, reps, details in rows:
            sizes = json.loads(sizes)
            content += text(name) + text(parameters) + integer(version) + optional(double, value)
            content += optional(text, reason) + optional(double, error) + integer(len(sizes))
            content += b"".join(integer(size) for size in sizes) + text(direction)
            content += b"\0" if mean is None else b"\1" + double(mean) + double(sd) + integer(reps)
            content += text(details)
        rows = database.execute(
            "SELECT step, loss, validation_loss, gradient_norm, learning_rate, effective_sample_size, "
            "likelihood_evaluations, nonfinite_batches FROM history_rows WHERE run_key = ? ORDER BY step", (key,)).fetchall()
        content += integer(len(rows))
        for step, loss, validation, gradient, rate, sample_size, evaluations, nonfinite in rows:
            content += integer(step) + number(loss) + optional(double, validation) + number(gradient) + number(rate)
            content += number(sample_size) + integer(evaluations) + integer(nonfinite)
        tensors = {}
        for artefact, name, dtype, shape, sha256 in database.execute(
                "SELECT artefact, name, dtype, shape, sha256 FROM artefact_tensors WHERE run_key = ? "
                "ORDER BY artefact, name", (key,)):
            shape = json.loads(shape)
            record = text(name) + text(dtype) + integer(len(shape)) + b"".join(integer(extent) for extent in shape)
            tensors.setdefault(artefact, []).append(record + text(sha256))
        content += integer(len(tensors))
        for artefact, records in tensors.items():
            content += text(artefact) + integer(len(records)) + b"".join(records)
    return hashlib.sha256(content).hexdigest()


if len(sys.argv) > 1:
    print(database_digest(sys.argv[1]))
    sys.exit()
print("empty", hashlib.sha256(header).hexdigest())
print("run  ", hashlib.sha256(header + run).hexdigest())
