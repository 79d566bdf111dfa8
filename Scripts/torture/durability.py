"""Reads a log of system calls and says where a power loss could have torn the store.

A file is named by the database only after it is durable: its bytes were flushed before it was renamed, and the directory
after. A transaction is committed (its journal deleted) only after its pages were flushed, its pages are written only
after the journal that undoes them was flushed, and the deletion of the journal is flushed before the next transaction.
"""

import os
import re
import sys

TRACED = "openat,write,pwrite64,fsync,fdatasync,rename,renameat2,unlink,ftruncate,mkdir"

# strace cuts a call that another thread's interrupts in two lines; the first has the arguments, the second the result.
LINE = re.compile(r"^(\d+) +(.*)$", re.S)
BEGUN = re.compile(r"^(\w+)\((.*) <unfinished \.\.\.>$", re.S)
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$", re.S)
WHOLE = re.compile(r"^(\w+)\((.*)\) += (-?\d+)", re.S)
DESCRIPTOR = re.compile(r"^(\d+)<([^>]*)>")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
PAYLOAD = re.compile(r"artefacts/[0-9a-z]+/[-.\w]+(?:/[-.\w]+)?")


def calls(lines):
    """(name, arguments, succeeded) in the order in which the calls ended."""
    begun = {}
    for line in lines:
        match = LINE.match(line.rstrip("\n"))
        if not match:
            continue
        thread, rest = match.groups()
        cut = BEGUN.match(rest)
        if cut:
            begun[thread] = cut.groups()
            continue
        resumed = RESUMED.match(rest)
        if resumed and thread in begun:
            name, arguments = begun.pop(thread)
            rest = f"{name}({arguments}{resumed.group(2)}"
        whole = WHOLE.match(rest)
        if whole:
            yield whole.group(1), whole.group(2), int(whole.group(3)) >= 0


def findings(lines, root):
    """Every place where the order is not kept, and how many files and transactions were looked at."""
    return Order(root).read(lines)


class Order:
    def __init__(self, root):
        self.root = root
        self.database = f"{root}/flowexp.sqlite"
        self.journal = f"{self.database}-journal"
        self.unflushed = set()       # files written and not flushed since
        self.written = set()         # files written at all
        self.unflushed_names = {}    # directory -> names made or renamed into it since it was flushed
        self.renamed = set()
        self.named = set()
        self.commits = 0
        self.unflushed_commit = 0    # the transaction whose journal is deleted and whose directory is not flushed since
        self.found = []

    def read(self, lines):
        for name, arguments, succeeded in calls(lines):
            if succeeded:
                self.take(name, arguments)
        # Records and revisions repeat what the database has; no row names their files.
        repeating = re.compile(r"/record\.json$|/revisions/[^/]*$")
        unnamed = {path for path in self.renamed if path not in self.named and not repeating.search(path)}
        if unnamed:
            self.found.append(f"the database never names {sorted(unnamed)[0]}")
        return self.found, len(self.renamed), self.commits

    def take(self, name, arguments):
        texts = TEXT.findall(arguments)
        if name in ("write", "pwrite64"):
            self.wrote(DESCRIPTOR.match(arguments), arguments)
        elif name in ("fsync", "fdatasync"):
            path = DESCRIPTOR.match(arguments).group(2)
            self.unflushed.discard(path)
            self.unflushed_names.pop(path, None)
            if path == self.root:
                self.unflushed_commit = 0
        elif name.startswith("rename"):
            self.moved(texts[0], texts[1])
        elif name == "mkdir":
            self.unflushed_names.setdefault(os.path.dirname(texts[0]), set()).add(texts[0])
        elif name == "unlink" and texts[0] == self.journal:
            self.commits += 1
            self.unflushed_commit = self.commits
            if self.database in self.unflushed:
                self.found.append(f"transaction {self.commits} is committed before its pages are flushed")

    def wrote(self, descriptor, arguments):
        path = descriptor.group(2) if descriptor else ""
        if not path.startswith(self.root):
            return
        if path == self.database:
            if self.journal in self.unflushed:
                self.found.append(f"transaction {self.commits + 1}: pages are written before the journal is flushed")
            for payload in PAYLOAD.findall(arguments):
                self.names(f"{self.root}/{payload}")
        if path == self.journal and self.unflushed_commit:
            self.found.append(
                f"transaction {self.unflushed_commit} could come undone: the deletion of its journal is not flushed")
            self.unflushed_commit = 0
        self.written.add(path)
        self.unflushed.add(path)

    def moved(self, source, target):
        if not target.startswith(self.root):
            return
        if source not in self.written:
            self.found.append(f"{target} is renamed into place and nobody wrote it")
        if source in self.unflushed:
            self.found.append(f"{target} is renamed into place before it is flushed")
        self.renamed.add(target)
        self.unflushed_names.setdefault(os.path.dirname(target), set()).add(target)

    def names(self, path):
        """A page that mentions `path` is on its way into the database."""
        if path not in self.renamed or path in self.named:
            return
        self.named.add(path)
        # The file's own name, those of its siblings (record.json) and of the directories above it.
        directory = os.path.dirname(path)
        while len(directory) >= len(self.root):
            pending = self.unflushed_names.get(directory, ())
            bad = [name for name in pending if path.startswith(name) or os.path.dirname(path) == directory]
            for name in bad:
                self.found.append(f"the database names {path} before {name} is flushed into {directory}")
            directory = os.path.dirname(directory)


def main():
    """durability.py LOG STORE: prints every place where the order is not kept; exit status 1 when there is one."""
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        found, files, commits = findings(file, sys.argv[2])
    print(f"{files} files, {commits} transactions", *found, sep="\n")
    sys.exit(1 if found or files == 0 or commits == 0 else 0)


if __name__ == "__main__":
    main()
