"""Files as NumPy writes them and the numbers that NumPy reads back, for the readers of Sources/PointFiles.

    python3 Tests/Oracles/point_files.py > Tests/Oracles/point_files.json
"""

import io
import json

import numpy as np
from numpy.lib import format as npy

rng = np.random.default_rng(20251126)
cases = []


def add(name, data, values):
    values = np.asarray(values, dtype=np.float64)
    rows = values.reshape(len(values), -1)
    cases.append({"name": name, "hex": data.hex(), "rows": [[repr(float(v)) for v in row] for row in rows]})


def npy_bytes(array, version=None):
    buffer = io.BytesIO()
    npy.write_array(buffer, array, version=version)
    return buffer.getvalue()


table = rng.normal(size=(5, 3)) * 10.0 ** rng.integers(-9, 9, size=(5, 3))
for version in [(1, 0), (2, 0), (3, 0)]:
    add(f"version {version[0]}.npy", npy_bytes(table, version), table)
add("fortran.npy", npy_bytes(np.asfortranarray(table)), table)
add("vector.npy", npy_bytes(table[:, 0].copy()), table[:, 0])
add("one row.npy", npy_bytes(table[:1]), table[:1])
for code in ["<f4", ">f4", ">f8"]:
    typed = rng.normal(size=(4, 2)).astype(code)
    add(f"{code}.npy", npy_bytes(typed), typed)
    add(f"{code} fortran.npy", npy_bytes(np.asfortranarray(typed)), typed)
for code in ["<i4", "<i8", ">i4", ">i8", "<i2", "|i1", "|u1", ">u2", "<u4", "<u8"]:
    information = np.iinfo(code)
    typed = np.array([[0, 1], [information.max, information.min], [7, information.max // 3]], dtype=code)
    add(f"{code}.npy", npy_bytes(typed), typed)


def csv(name, **options):
    buffer = io.StringIO()
    np.savetxt(buffer, table, **options)
    text = buffer.getvalue()
    skip = 1 if options.get("header") and options.get("comments") == "" else 0
    values = np.loadtxt(io.StringIO(text), delimiter=(options.get("delimiter") or "").strip(" ") or None, skiprows=skip, ndmin=2)
    add(name, text.encode(), values)


csv("blanks.txt")
csv("commas.csv", delimiter=",")
csv("comma and blank.csv", delimiter=", ")
csv("tabs.tsv", delimiter="\t", fmt="%.17g")
csv("commented header.csv", delimiter=",", header="theta0,theta1,theta2")
csv("header.csv", delimiter=",", header="theta0,theta1,theta2", comments="")
csv("crlf.csv", delimiter=",", newline="\r\n", fmt="%.17g")
json.dump(cases, fp=__import__("sys").stdout, indent=0)
print()
