"""Ways in which files go bad: bits, cuts, zeros, garbage, copies of other parts, missing; and numbers changed behind the program."""

import os
import sqlite3

PAGE = 4096


def file(random, path):
    """Damages a file; returns what was done. The file always differs afterwards."""
    with open(path, "rb") as source:
        data = source.read()
    while True:
        changed, what = one(random, data)
        if changed != data:
            break
    if changed is None:
        os.remove(path)
    else:
        with open(path, "wb") as target:
            target.write(changed)
    return what


def one(random, data):
    kind = random.choice(["bit", "bit", "bit", "byte", "bits", "cut", "empty", "zeros", "grown", "swapped", "missing"])
    size = max(len(data), 1)
    place = random.randrange(size)
    if not data and kind not in ("grown", "missing"):
        kind = "grown"
    if kind == "bit":
        return flipped(data, place, 1 << random.randrange(8)), f"bit flipped at {place}"
    if kind == "byte":
        return flipped(data, place, random.randrange(1, 256)), f"byte changed at {place}"
    if kind == "bits":
        for _ in range(random.randrange(2, 40)):
            data = flipped(data, random.randrange(size), 1 << random.randrange(8))
        return data, "several bits flipped"
    if kind == "cut":
        return data[:place], f"cut to {place} bytes"
    if kind == "empty":
        return b"", "emptied"
    if kind == "zeros":
        length = min(random.choice([1, 16, 512, PAGE]), size - place)
        return data[:place] + bytes(length) + data[place + length:], f"{length} zeros at {place}"
    if kind == "grown":
        extra = random.randbytes(random.choice([1, 7, 512, PAGE]))
        return data + extra, f"{len(extra)} bytes appended"
    if kind == "swapped":
        other = random.randrange(size)
        length = min(512, size - max(place, other))
        return data[:place] + data[other:other + length] + data[place + length:], f"{length} bytes of {other} at {place}"
    return None, "missing"


def flipped(data, place, mask):
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1:]


def store(random, path):
    """Damages a store's database, a page of it, its journal, an artefact or a value; returns what was done."""
    database = f"{path}/flowexp.sqlite"
    kind = random.choice(["file", "page", "page", "page", "cell", "cell", "journal", "artefact", "value", "value"])
    if kind == "file":
        return f"database: {file(random, database)}"
    if kind == "journal":
        with open(f"{database}-journal", "wb") as target:
            head = bytes.fromhex("d9d505f920a163d7") if random.random() < 0.7 else b""
            target.write(head + random.randbytes(random.choice([4, 20, 504, 4608, 9000])))
        return "a journal of garbage"
    if kind == "artefact":
        files = sorted(
            os.path.join(directory, name) for directory, _, names in os.walk(f"{path}/artefacts") for name in names)
        chosen = random.choice(files)
        return f"{os.path.basename(chosen)}: {file(random, chosen)}"
    if kind == "value":
        return value(random, database)
    with open(database, "rb") as source:
        data = bytearray(source.read())
    page = random.randrange(len(data) // PAGE)
    start = page * PAGE
    if kind == "cell":
        # A bit of a byte that holds something, most of all of content near the end of a page.
        places = [index for index in range(start, start + PAGE) if data[index]] or [start]
        place = random.choice(places)
        data[place] ^= 1 << random.randrange(8)
        what = f"bit of byte {place - start} of page {page + 1}"
    else:
        kinds = {"zeros": bytes(PAGE), "garbage": random.randbytes(PAGE),
                 "another page": bytes(data[(other := random.randrange(len(data) // PAGE)) * PAGE:][:PAGE]),
                 "ones": b"\xff" * PAGE}
        chosen = random.choice(sorted(kinds))
        data[start:start + PAGE] = kinds[chosen]
        what = f"page {page + 1} is {chosen}"
    with open(database, "wb") as target:
        target.write(data)
    return what


def value(random, path):
    """One value of one row, changed by SQL, as a careless hand would."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA ignore_check_constraints = ON")
    tables = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")]
    while True:
        table = random.choice(tables)
        columns = [(row[1], row[2]) for row in database.execute(f"PRAGMA table_info({table})")]
        keys = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
        rows = database.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall()
        if not rows:
            continue
        key = random.choice(rows)
        column, kind = random.choice(columns)
        new = {"TEXT": random.choice(["''", "'x'", f"{column} || ' '", "'{}'", "'../../etc'"]),
               "INTEGER": random.choice([f"{column} + 1", "0", "-1", "9223372036854775807", "-9223372036854775808"]),
               "REAL": random.choice([f"{column} * 2 + 1", "0.0", "9e999", "NULL"]),
               "BLOB": random.choice(["x''", "zeroblob(32)", "x'00ff'"])}[kind]
        where = " AND ".join(f"{name} = ?" for name in keys)
        try:
            database.execute(f"UPDATE {table} SET {column} = {new} WHERE {where}", key)
            database.commit()
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            database.rollback()
            continue
        database.close()
        return f"{table}.{column} = {new}"
