"""Hostile texts, numbers and bytes, and mutations of good ones: what the promises R10 and R13 throw at the program."""

TEXTS = [
    "", " ", "a", "../../etc/passwd", "/", "/etc", "..", ".", "-", "--", "-1", "<script>alert(1)</script>", "'", '"', "`id`",
    "$(id)", "; rm -rf /", "| cat", "\\", "%s%n%x", "a\nb", "a\rb", "\t", "\x1b[2J\x1b[1;1H", "\x9b31m", "\u202eevil\u202c",
    "\u2066x\u2069", "\ufeff", "\u2028", "\x7f", "e\u0301" * 40, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "=1+1", "@SUM(A1)",
    "+1", "null", "true", "NaN", "inf", "-inf", "0x10", "1e999", "1e-999", "-0.0", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551616", "0", "1", "2", "1.5", "1e3", "1,2", "1,,2", ",",
    "1,nan", "a=b", "=", "a=", "=b", "seed=0", "seed>=0", "task=ring and", "not not seed=0", "(((((", ")", "seed=0 or seed=1",
    "state=failed", "base=gaussian", "kl", "mmd", "kl,mmd", "task", "mean,iqm", "json", "csv", "npy", "table", "markdown", "1s",
    "1h30m", "1h30", "1e308d", "0s", "x" * 300, "x" * 100_000, "(" * 50_000, "seed=0 or " * 9_000 + "seed=0",
    "not " * 20_000 + "seed=0", "%00", "\udcff\udcfe", "caf\udce9",
]

TOKENS = [
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800", b"//", b"/*", b"*/", b"\n", b"\r\n", b"'", b"#", b"-",
    b"1e999", b"nan", b"\xef\xbb\xbf", b"\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b"9223372036854775807", b"0", b"-1", b"1e308",
    b"null", b"true", b'"match"', b'"auto"', b'"gmm"', b'"ring"', b"[[[[", b"{}", b"[]", b'"seeds":', b'"base.components":',
    b"\x93NUMPY\x01\x00", b"'shape': (99999999999, 2), ", b"<f8", b"|O", b"\x1b[2J",
]


def text(random):
    """A hostile text for an argument: any but NUL, which no argument can hold."""
    if random.random() < 0.8:
        return random.choice(TEXTS)
    return "".join(random.choice(TEXTS)[:20] for _ in range(random.randint(1, 4))).replace("\0", "")


def mutated(random, seed):
    """`seed` after a few random edits."""
    data = bytearray(seed)
    for _ in range(random.randint(1, 5)):
        place = random.randrange(len(data) + 1)
        kind = random.randrange(7)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[place:place + random.randint(1, 12)]
        elif kind == 2:
            data[place:place] = random.choice(TOKENS)
        elif kind == 3:
            data[place:place] = data[place:place + random.randint(1, 40)]
        elif kind == 4:
            del data[len(data) - random.randint(0, 20):]
        elif kind == 5:
            data[place:place] = random.choice(TOKENS) * random.choice([2, 70, 5000])
        else:
            data[place:place + 1] = bytes([random.randrange(256)])
    return bytes(data)
