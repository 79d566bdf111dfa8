"""Oracle values for the statistics that a report gives on request, from SciPy and statsmodels.

    python3 Tests/Oracles/statistics_on_request.py > Tests/ReportsTests/Fixtures/statistics_on_request.json

Wilcoxon p: scipy.stats.wilcoxon, method "exact" without ties, exhaustive PermutationMethod with them, "asymptotic" beyond 200
differences. Sign-flip p at 13 to 20 differences: scipy.stats.permutation_test, exact. Interquartile mean:
scipy.stats.trim_mean; its interval: scipy.stats.ttest_ind(a, zeros, trim=.25), which with a constant second sample is Yuen's interval
of one trimmed mean. Holm: statsmodels.stats.multitest.multipletests. Probability of improvement: every pair of runs one by
one. Bootstrap ends: BCa written out in NumPy with 200 000 resamples; its plain form (factor 1.96) is first checked
against scipy.stats.bootstrap.
"""

import json

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20260201)


def short(values):
    """Six digits are enough for an input, and keep the file small."""
    return np.array([float(f"{v:.6g}") for v in values])


def wilcoxon(index):
    n = int(rng.integers(1, 51))
    d = rng.normal(loc=rng.choice([0.0, 0.5]), size=n) * 10.0 ** rng.integers(-6, 4)
    if index % 3 == 1:  # zeros without ties
        d[rng.uniform(size=n) < 0.2] = 0.0
        if not d.any():
            d[0] = 1.0
    d = short(d)
    method, kind = "exact", "exact"
    if index % 3 == 2:  # ties, and zeros
        n = int(rng.integers(2, 12))
        d = np.round(rng.normal(loc=0.4, size=n), 1)
        if not d.any():
            d[0] = 0.1
        method, kind = stats.PermutationMethod(n_resamples=np.inf), "permutation"
    else:
        assert len(set(np.abs(d[d != 0]))) == np.count_nonzero(d)
    p = stats.wilcoxon(d, zero_method="wilcox", method=method).pvalue
    return {"kind": kind, "d": d.tolist(), "p": float(p)}


def large_wilcoxon(n, loc):
    d = np.round(rng.normal(loc=loc, size=n), 2)
    count = int(np.count_nonzero(d))
    assert count > 200
    return {"kind": "asymptotic", "d": d.tolist(), "p": float(stats.wilcoxon(d, method="asymptotic").pvalue)}


def sign_flip(n):
    d = short(rng.normal(loc=0.4, size=n))
    if n % 3 == 0:
        d = np.round(d, 1)
    flip = stats.permutation_test(
        (d,), lambda x, axis: np.sum(x, axis=axis), permutation_type="samples", vectorized=True, n_resamples=np.inf,
        batch=1 << 15,
    )
    return {"d": d.tolist(), "p": float(flip.pvalue)}


def interquartile():
    n = int(rng.integers(4, 25))
    a = short(rng.standard_t(3, size=n) * 10.0 ** rng.integers(-5, 3) + rng.normal())
    yuen = stats.ttest_ind(a, np.zeros(n), equal_var=False, trim=0.25).confidence_interval(0.95)
    return {"values": a.tolist(), "iqm": float(stats.trim_mean(a, 0.25)), "ci": [float(yuen.low), float(yuen.high)]}


def holm():
    m = int(rng.integers(1, 40))
    p = rng.uniform(size=m) ** rng.integers(1, 5)
    if rng.uniform() < 0.3:
        p = rng.choice([2 / 32, 4 / 32, 2 / 1024, 1.0], size=m)
    p = short(p)
    return {"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()}


def improvement():
    tasks = []
    means = []
    for _ in range(int(rng.integers(1, 5))):
        n = int(rng.integers(2, 9))
        cells = []
        parts = []
        for _ in range(int(rng.integers(1, 3))):
            x = np.round(rng.normal(size=n), 1)
            y = np.round(rng.normal(loc=0.5, size=n), 1)
            parts.append(float(np.mean([[1.0 if a < b else 0.5 if a == b else 0.0 for b in y] for a in x])))
            cells.append({"x": x.tolist(), "y": y.tolist()})
        tasks.append(cells)
        means.append(float(np.mean(parts)))
    return {"tasks": tasks, "probability": float(np.mean(means))}


def bca(x, deviate, resamples):
    n = len(x)
    draws = np.sort(x[rng.integers(0, n, (resamples, n))].mean(axis=1))
    z0 = stats.norm.ppf(np.mean(draws < x.mean()) + 0.5 * np.mean(draws == x.mean()))
    left = (x.sum() - x) / (n - 1)
    influence = left.mean() - left
    a = np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5)
    ends = [stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) for z in (-deviate, deviate)]
    return [float(v) for v in np.quantile(draws, ends)]


def bootstrap(n):
    x = short(rng.exponential(size=n) if n % 2 else np.exp(rng.normal(size=n)))
    plain = bca(x, stats.norm.isf(0.025), 200_000)
    reference = stats.bootstrap((x,), np.mean, n_resamples=50_000, method="BCa", rng=rng).confidence_interval
    assert np.allclose(plain, reference, atol=0.03 * (plain[1] - plain[0])), (plain, reference)
    deviate = np.sqrt(n / (n - 1)) * stats.t.isf(0.025, n - 1)
    return {"values": x.tolist(), "ci": bca(x, deviate, 200_000)}


out = {
    "wilcoxon": [wilcoxon(i) for i in range(150)] + [large_wilcoxon(n, loc) for n, loc in [(215, 0.0), (240, 0.1)]],
    "signFlip": [sign_flip(n) for n in [13, 14, 15, 16, 17, 18, 20]],
    "interquartile": [interquartile() for _ in range(100)],
    "holm": [holm() for _ in range(100)],
    "improvement": [improvement() for _ in range(30)],
    "bootstrap": [bootstrap(n) for n in [8, 9, 11, 12, 15, 20]],
}
print(json.dumps(out, separators=(",", ":")))
