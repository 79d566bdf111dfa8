"""Oracle values for the statistics of reports, from SciPy.

    python3 Tests/Oracles/statistics.py > Tests/ReportsTests/Fixtures/statistics.json

t quantiles and tails: scipy.stats.t. Intervals: scipy.stats.t.interval. Sign-flip p: scipy.stats.permutation_test
(permutation_type="samples", exact) of the mean. Signed ranks: scipy.stats.rankdata. Holm: closed testing with Bonferroni over all
subsets, which Holm (1979) shortens. Stratified interval: Welch-Satterthwaite written out.
"""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20251204)


def holm_by_closure(p):
    """Closed testing with Bonferroni on every subset: the definition that Holm's method shortens."""
    m = len(p)
    out = []
    for i in range(m):
        worst = 0.0
        for mask in range(1 << m):
            if mask >> i & 1:
                members = [p[j] for j in range(m) if mask >> j & 1]
                worst = max(worst, min(1.0, len(members) * min(members)))
        out.append(worst)
    return out


def table(index):
    n = int(rng.integers(2, 13))
    scale = 10.0 ** rng.integers(-6, 4)
    a = rng.normal(size=n) * scale
    b = a * rng.uniform(0, 1) + rng.normal(loc=rng.choice([0.0, 1.0]), size=n) * scale
    if index % 4 == 0:  # ties and zeros
        a, b = np.round(a / scale, 1) * scale, np.round(b / scale, 1) * scale
    d = a - b
    mean_ci = stats.t.interval(0.95, n - 1, loc=a.mean(), scale=stats.sem(a))
    if np.ptp(d) > 0:
        d_ci = [float(x) for x in stats.t.interval(0.95, n - 1, loc=d.mean(), scale=stats.sem(d))]
    else:
        d_ci = [float(d.mean())] * 2
    flip = stats.permutation_test(
        (d,), lambda x, axis: np.sum(x, axis=axis), permutation_type="samples", vectorized=True, n_resamples=np.inf
    )
    nonzero = d != 0
    ranks = np.zeros(n)
    ranks[nonzero] = 2 * stats.rankdata(np.abs(d[nonzero])) * np.sign(d[nonzero])
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "mean": float(a.mean()),
        "ci": [float(x) for x in mean_ci],
        "difference": float(d.mean()),
        "differenceCI": d_ci,
        "p": float(flip.pvalue),
        "signedRanks": ranks.tolist(),
    }


def stratified():
    count = int(rng.integers(1, 6))
    strata = [
        rng.normal(loc=rng.normal(), scale=rng.uniform(0.1, 2), size=int(rng.integers(2, 9))) for _ in range(count)
    ]
    k = len(strata)
    shares = [s.var(ddof=1) / len(s) / k**2 for s in strata]
    mean = float(np.mean([s.mean() for s in strata]))
    df = sum(shares) ** 2 / sum(v**2 / (len(s) - 1) for v, s in zip(shares, strata))
    half = float(stats.t.isf(0.025, df) * np.sqrt(sum(shares)))
    return {"strata": [s.tolist() for s in strata], "mean": mean, "ci": [mean - half, mean + half]}


out = {
    "tails": [
        {"df": float(df), "t": float(t), "tail": float(2 * stats.t.sf(t, df))}
        for df in [0.5, 1, 2, 3, 4.5, 9, 19, 30.25, 99, 1000, 1e5]
        for t in [0.0, 1e-3, 0.3, 1.0, 2.0, 2.776, 5.0, 30.0]
    ],
    "quantiles": [
        {"df": float(df), "tail": tail, "t": float(stats.t.isf(tail / 2, df))}
        for df in [1, 1.5, 2, 3, 4, 5, 7, 9, 11, 19, 29, 39, 79, 123.4, 1000, 1e5]
        for tail in [0.5, 0.1, 0.05, 0.01, 1e-4, 1e-9]
    ],
    "tables": [table(i) for i in range(120)],
    "stratified": [stratified() for _ in range(20)],
    "holm": [
        {"p": p, "adjusted": holm_by_closure(p)}
        for p in [
            [float(x) for x in (rng.uniform(size=m) ** 3 if i % 2 else rng.choice([0.0625, 0.125, 0.01, 1.0], size=m))]
            for i, m in enumerate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10] * 2)
        ]
    ],
}
print(json.dumps(out, separators=(",", ":")))
