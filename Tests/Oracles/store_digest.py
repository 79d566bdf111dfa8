"""Digests of two small stores, built from the definition in docs/store.md with Python's struct and hashlib.

Prints the two values that Tests/RunStorageTests/DigestTests.swift expects.
"""

import hashlib
import math
import struct


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

print("empty", hashlib.sha256(header).hexdigest())
print("run  ", hashlib.sha256(header + run).hexdigest())
