"""Hostile names in specs, arguments, point files, a tampered database and links in a store: printed harmlessly, written inside."""

import csv
import io
import json
import os
import re
import shutil
import sqlite3

import hostile

NAME = "R13"
TITLE = "hostile names are only names"
GOAL = 3000
SHARE = 7.5

DOCUMENTED = {0, 1, 64, 65, 66, 69, 73, 74, 75, 77}
# What drives a terminal or hides text: C0 without line ends and tabs, DEL, C1, marks and overrides of direction, separators.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
EVIL = ["\x1b[2J\x1b]0;x\x07", "\x9b31m", "\u202eevil\u202c\u2066x\u2069", "<script>alert(1)</script>", "\"'`$(id)`", "a\nb\r\nc",
        "../../../escaped", "/etc/passwd", "=cmd|'/C calc'!A0", "@SUM(1)", "|a|b|", "```\n# x", "x" * 1_000_000, "\u0301" * 300_000,
        "a\u2028b", "\u0000", "%s%n", "", " ", "\\u001b[2J", "caf\u00e9", "-rf", "null"]
SPEC = {
    "name": "tiny", "task": {"name": "ring", "modes": 4}, "flow": {"hiddenSizes": [4], "couplingLayers": 1},
    "training": {"steps": 3, "batch": 8, "draws": 64, "historyInterval": 1}, "evaluation": {"metrics": ["kl"], "samples": 100},
    "sweep": {"base": ["gaussian", {"name": "gmm", "components": 2}], "seeds": 2},
}
READING = [
    ("ls",), ("ls", "--json"), ("status",), ("status", "--json"), ("show", "RUN"), ("show", "RUN", "--json"), ("logs", "RUN"),
    ("logs", "RUN", "--json"), ("report", "--metric", "kl"), ("report", "--metric", "kl", "--format", "markdown"),
    ("report", "--metric", "kl", "--format", "csv"), ("report", "--metric", "kl", "--format", "json"),
    ("ls", "--where", "seed=0"), ("sample", "RUN", "--count", "5", "--json"), ("export", "RUN", "--output", "flow", "--force"),
    ("store", "digest"), ("evaluate", "--dry-run"), ("resume", "--dry-run"), ("show", "RUN", "-v"),
]


def attempt(context, result):
    place = Place(context, result)
    context.random.shuffle(steps := [place.spec, place.file_name, place.points, place.tampered, place.tampered, place.linked])
    while context.wants_more(result):
        steps[result.trials % len(steps)]()
        result.trials += 1
        place.check_outside(f"trial {result.trials}")
    result.measured = ", ".join(f"{count} {what}" for what, count in sorted(place.counts.items()))


class Place:
    def __init__(self, context, result):
        self.context, self.result, self.random = context, result, context.random
        self.counts = {}
        self.inside = context.path("inside")
        os.makedirs(self.inside)
        context.directory = self.inside
        # Nothing may ever change here.
        self.victim = os.path.join(os.path.dirname(self.inside), "victim")
        os.makedirs(self.victim + "/sub")
        for name in ["precious", "sub/precious", "flowexp.sqlite", "0123abcd"]:
            with open(os.path.join(self.victim, name), "w", encoding="utf-8") as file:
                file.write("precious")
        context.write("tiny.json", json.dumps(SPEC))
        status, _, errors = context.run("sweep", "tiny.json", "--store", "kept", "-q")
        if status != 0:
            raise RuntimeError(f"the tiny sweep exits {status}: {errors}")
        self.run_id = json.loads(context.run("ls", "--store", "kept", "--json")[1])["runs"][0]["id"]
        self.outside = self.picture()

    def picture(self):
        return sorted(
            (root, name, open(os.path.join(root, name), "rb").read()) for root, _, files in os.walk(self.victim) for name in files)

    def check_outside(self, what):
        if self.picture() != self.outside:
            self.result.violated(f"{what}: files outside the store changed")
            shutil.rmtree(self.victim)
            raise RuntimeError("the victim is gone; stopping here")
        beside = set(os.listdir(os.path.dirname(self.inside))) - {"inside", "victim"}
        if beside:
            self.result.violated(f"{what}: made outside: {sorted(beside)}")

    def run(self, *arguments, what):
        """The command with its outputs checked."""
        try:
            status, output, errors = self.context.run(*arguments, timeout=120)
        except (OSError, ValueError) as error:
            print(f"  not started: {error}")
            return 64, "", ""
        shown = f"{what[:200]!r}: flowexp {' '.join(str(a)[:80] for a in arguments)!r}"
        self.counts["commands"] = self.counts.get("commands", 0) + 1
        if status not in DOCUMENTED:
            self.result.violated(f"{shown}: exit {status}: {errors[-300:]}")
        kept = "" if "csv" not in arguments else "\r"
        for name, text in [("output", output), ("errors", errors)]:
            if found := CONTROLS.search(text.replace(kept, "") if kept else text):
                around = text[max(0, found.start() - 60):found.end() + 20]
                self.result.violated(f"{shown}: {name} has {found[0]!r}: {around!r}")
        if status == 0:
            self.parse(arguments, output, shown)
        return status, output, errors

    def parse(self, arguments, output, shown):
        try:
            if "json" in arguments or "--json" in arguments:
                json.loads(output)
            elif "csv" in arguments:
                widths = {len(row) for row in csv.reader(io.StringIO(output), strict=True)}
                if len(widths) != 1:
                    raise ValueError(f"rows of {widths} fields")
            elif "markdown" in arguments:
                for block in re.findall(r"(?m)(?:^\|.*\n)+", output):
                    bars = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
                    if len(bars) != 1:
                        raise ValueError(f"a table with rows of {bars} bars")
                if "<script" in output:
                    raise ValueError("HTML in markdown")
        except ValueError as error:
            self.result.violated(f"{shown}: {error}: {output[:300]!r}")

    def evil(self):
        return self.random.choice(EVIL) if self.random.random() < 0.6 else hostile.text(self.random)

    def spec(self):
        """A hostile text somewhere in a spec, as a value or as a key."""
        spec = json.loads(json.dumps(SPEC))
        evil = self.evil()
        target = self.random.choice([spec, spec, spec["task"], spec["training"], spec["sweep"], spec["evaluation"]])
        if self.random.random() < 0.3:
            target[evil] = 1
        else:
            key = self.random.choice([*target, "description"])
            target[key] = self.random.choice([evil, [evil], {"name": evil}, [{"name": "gmm", evil: 1}]])
        data = json.dumps(spec, ensure_ascii=self.random.random() < 0.5).encode("utf-8", "surrogateescape")
        if self.random.random() < 0.2:
            data = data.replace(b"ring", b"ri\xff\x1b[2Jng")
        with open(self.context.path("evil.json"), "wb") as file:
            file.write(data)
        for arguments in [("validate", "evil.json"), ("validate", "evil.json", "--json"), ("validate", "evil.json", "--resolved"),
                          ("sweep", "evil.json", "--store", "evil-store")]:
            status = self.run(*arguments, what=evil)[0]
        if status == 0:
            self.read("evil-store", evil)
        shutil.rmtree(self.context.path("evil-store"), ignore_errors=True)

    def file_name(self):
        """A spec and a store under a hostile name, and hostile arguments where ids and names stand."""
        evil = self.evil().replace("\0", "")[:200]
        name = evil.replace("/", "_")
        # Directories, to which no file can be copied under that name.
        name = "dots" if name in ("", ".", "..") else name
        try:
            shutil.copy(self.context.path("tiny.json"), self.context.path(name))
        except OSError:
            return
        for arguments in [("validate", "./" + name), ("sweep", "./" + name, "--dry-run"), ("validate", "./" + name, "--json"),
                          ("sweep", "tiny.json", "--store", "./" + name), ("metric", "mmd", "./" + name, evil),
                          ("show", evil, "--store", "kept"), ("status", evil, "--store", "kept"), ("logs", "--", evil),
                          ("report", evil, "--metric", evil, "--store", "kept"), ("ls", "--where", f"task={evil}", "--store", "kept"),
                          ("describe", evil), (evil,), ("sample", evil, "--observation", evil), ("ls", "--" + evil)]:
            self.run(*arguments, what=evil)
        os.unlink(self.context.path(name))

    def points(self):
        """Hostile column names."""
        evil = self.evil().encode("utf-8", "surrogateescape")
        with open(self.context.path("p.csv"), "wb") as file:
            file.write(b"theta0,theta1," + evil + b"\n" + b"1,2,3\n" * 5 + (b"1,x,3\n" if self.random.random() < 0.3 else b""))
        for arguments in [("metric", "energy", "p.csv", "p.csv"), ("logprob", self.run_id, "p.csv", "--store", "kept"),
                          ("metric", "energy", "p.csv", "p.csv", "--json"), ("sample", self.run_id, "--store", "kept", "--count", "2")]:
            self.run(*arguments, what=repr(evil))
        self.counts["files of points"] = self.counts.get("files of points", 0) + 1

    def read(self, store, what):
        for arguments in self.random.sample(READING, 6):
            self.run(*(self.run_id if a == "RUN" else a for a in arguments), "--store", store, what=what)

    def tampered(self):
        """Hostile texts in columns of the database; commands refuse the record or show it harmlessly."""
        shutil.copytree(self.context.path("kept"), self.context.path("bad"))
        database = sqlite3.connect(self.context.path("bad/flowexp.sqlite"))
        tables = {}
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            tables[table] = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
        done = []
        for _ in range(self.random.randint(1, 3)):
            table = self.random.choice([name for name in tables if tables[name]])
            column = self.random.choice(tables[table])
            evil = self.evil()
            value = self.random.choice([evil, json.dumps({"name": evil, evil: [evil]}), f"artefacts/{evil}/x", "../victim/precious"])
            try:
                database.execute(f"UPDATE {table} SET {column} = ?", (value.encode("utf-8", "replace").decode(),))
                done.append(f"{table}.{column} = {value[:60]}")
            except sqlite3.Error:
                pass
        if self.random.random() < 0.5:
            note = self.evil().encode("utf-8", "replace").decode()
            database.execute("INSERT INTO run_notes (run_key, fence, at, text) VALUES (1, 1, 0, ?)", (note,))
            done.append(f"note {note[:60]}")
        database.commit()
        database.close()
        self.read("bad", "; ".join(done))
        self.run("sweep", "tiny.json", "--store", "bad", "-q", "--retry-failed", what="; ".join(done))
        shutil.rmtree(self.context.path("bad"))
        self.counts["tampered databases"] = self.counts.get("tampered databases", 0) + 1

    def linked(self):
        """Links out of the store: nothing is written or deleted behind them."""
        shutil.copytree(self.context.path("kept"), self.context.path("bad"))
        part = self.random.choice(["tmp", "locks", "artefacts", "backups", "trash", f"artefacts/{self.run_id}", f"locks/{self.run_id}",
                                   "flowexp.sqlite", "store.lock", "flowexp.sqlite-journal", f"artefacts/{self.run_id}/link"])
        path = self.context.path("bad/" + part)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        os.symlink(self.random.choice([self.victim, self.victim + "/precious", self.victim + "/new"]), path)
        database = sqlite3.connect(self.context.path("kept/flowexp.sqlite"))
        database.close()
        # The run again: it makes checkpoints, publishes and clears what others left.
        spec = json.loads(json.dumps(SPEC))
        spec["training"]["steps"] = 4
        self.context.write("more.json", json.dumps(spec))
        for arguments in [("ls", "--store", "bad"), ("sweep", "tiny.json", "--store", "bad", "-q"),
                          ("sweep", "more.json", "--store", "bad", "-q"), ("store", "digest", "--verify", "--store", "bad"),
                          ("sample", self.run_id, "--store", "bad", "--count", "3")]:
            self.run(*arguments, what=f"{part} is a link")
        shutil.rmtree(self.context.path("bad"))
        self.counts["links"] = self.counts.get("links", 0) + 1
