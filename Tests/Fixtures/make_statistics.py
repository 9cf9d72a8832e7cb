"""Writes statistics.json: what SciPy says about intervals, tests and distributions.

Where SciPy has no such function (Holm, Cohen's d_z, the crossed analysis of variance, the crossed bootstrap) the definition is written
out with NumPy in the plainest way: mean squares from projections onto a design matrix, resampling with full index arrays.
"""

import json
import pathlib
import warnings

import numpy as np
from scipy import stats

rng = np.random.default_rng(20)


def distributions():
    degrees = [1, 2, 2.5, 4, 9, 30, 1000.5, 1e6]
    chances = [1e-9, 0.0005, 0.025, 0.2, 0.5, 0.7, 0.975, 0.9995]
    points = [(0.5, 0.5, 0.2), (2, 3, 0.5), (30.5, 4, 0.9), (4999, 2, 0.9995), (250.5, 49750, 0.0049), (1e5, 2e5, 0.3334), (0.01, 700, 1e-6)]
    trials = [(10, 0.5, 2), (24, 0.5, 11), (1000, 0.5, 470), (50_000, 0.02, 1040), (7, 0.3, 0), (7, 0.3, 7)]
    return {
        "normal": [[p, stats.norm.ppf(p)] for p in chances],
        "t_quantile": [[d, p, stats.t.ppf(p, d)] for d in degrees for p in chances],
        "t_two_sided": [[d, t, 2 * stats.t.sf(abs(t), d)] for d in degrees for t in [0, 0.3, -2.2, 12.7]],
        "beta": [[a, b, x, stats.beta.cdf(x, a, b), stats.beta.ppf(0.025, a, b)] for a, b, x in points],
        "binomial": [[n, p, k, stats.binom.cdf(k, n, p), stats.binom.pmf(k, n, p)] for n, p, k in trials],
    }


def intervals():
    samples = [[0.031, 0.028, 0.0335], [1.5, 1.5], list(rng.normal(3, 2, 12))]
    means = []
    for sample in samples:
        low, high = stats.t.interval(0.95, len(sample) - 1, np.mean(sample), stats.sem(sample)) if np.ptp(sample) else (1.5, 1.5)
        means.append({"values": sample, "low": low, "high": high})
    proportions = []
    for k, n in [(0, 20), (1, 20), (139, 5000), (5000, 5000), (12, 40)]:
        test = stats.binomtest(k, n)
        row = {"k": k, "n": n}
        for name in ("wilson", "exact"):
            ci = test.proportion_ci(0.95, name)
            row[name] = [ci.low, ci.high]
        proportions.append(row)
    return {"means": means, "proportions": proportions}


def tests():
    mcnemar = []
    for b, c in [(0, 0), (3, 0), (5, 12), (12, 12), (13, 12), (13, 13), (40, 71), (400, 330), (0, 30)]:
        n = b + c
        exact = stats.binomtest(b, n).pvalue if n else 1.0
        middle = stats.binom.pmf(min(b, c), n, 0.5)
        # Fagerland, Lydersen and Laake 2013, equation 6 and the remark after it.
        mid = 1 - middle / 2 if b == c else exact - middle
        mcnemar.append({"b": b, "c": c, "exact": exact, "mid_p": mid})
    flips = []
    for values in [[0.4, 1.1, -0.2, 0.9, 0.35], list(rng.normal(0.4, 1, 11)), [0, 0, 1, 1, 1, -1, 0, 1, 1, 1]]:
        result = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True)
        flips.append({"values": values, "p": result.pvalue})
    long = list(rng.normal(0.12, 1, 300))
    result = stats.permutation_test((long,), np.mean, permutation_type="samples", n_resamples=200_000, vectorized=True, rng=1)
    flips.append({"values": long, "p": result.pvalue})
    p = [0.01, 0.04, 0.03, 0.005, 0.6, 0.04]
    order = np.argsort(p, kind="stable")
    stepped = np.minimum(1, np.maximum.accumulate([(len(p) - i) * p[j] for i, j in enumerate(order)]))
    holm = np.empty(len(p))
    holm[order] = stepped
    return {"mcnemar": mcnemar, "sign_flip": flips, "holm": {"p": p, "corrected": list(holm)}}


def mean_squares(d):
    """Of rows, columns and the rest, from projections onto the columns of a design matrix."""
    seeds, images = d.shape
    y = d.ravel()
    one = np.ones((seeds * images, 1))
    rows = np.kron(np.eye(seeds), np.ones((images, 1)))
    columns = np.kron(np.ones((seeds, 1)), np.eye(images))

    def residual(design):
        fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return ((y - fitted) ** 2).sum()

    total, by_row, by_column = residual(one), residual(rows), residual(columns)
    rest = residual(np.hstack([rows, columns]))
    return (total - by_row) / (seeds - 1), (total - by_column) / (images - 1), rest / ((seeds - 1) * (images - 1))


def crossed():
    cases = []
    for seeds, images, shift in [(3, 60, 0.3), (5, 40, 0.0), (2, 80, 0.1)]:
        latent = rng.normal(-1, 1, (1, images)) + rng.normal(0, 0.3, (seeds, 1)) + rng.normal(0, 0.7, (seeds, images))
        other = latent + rng.normal(shift, 1, (seeds, images))
        d = (latent > 0).astype(float) - (other > 0)
        a, b, e = mean_squares(d)
        numerator = a + max(b - e, 0)
        error = np.sqrt(numerator / d.size)
        degrees = numerator**2 / (a**2 / (seeds - 1))
        low, high = stats.t.interval(0.95, degrees, d.mean(), error)
        cases.append(
            {
                "differences": d.tolist(), "mean": d.mean(), "error": error, "degrees": degrees, "low": low, "high": high,
                "p": 2 * stats.t.sf(abs(d.mean() / error), degrees), "dz": d.mean(1).mean() / d.mean(1).std(ddof=1),
            }
        )
    return cases


def bootstraps():
    skewed = list(rng.exponential(1, 60))
    bca = stats.bootstrap((skewed,), np.mean, n_resamples=100_000, method="BCa", rng=2)
    d = np.array(crossed()[0]["differences"]) * 1.0
    seeds, images = d.shape
    values = []
    for _ in range(100_000):
        values.append(d[rng.integers(0, seeds, seeds)][:, rng.integers(0, images, images)].mean())
    return {
        "one_row": {"values": skewed, "low": bca.confidence_interval.low, "high": bca.confidence_interval.high, "error": bca.standard_error},
        "crossed": {
            "differences": d.tolist(), "error": np.std(values, ddof=1), "low": np.quantile(values, 0.025), "high": np.quantile(values, 0.975),
        },
    }


def deming():
    from scipy import odr

    cases = []
    for ratio, count, slope in [(1.0, 40, 0.9), (0.25, 40, -1.7), (4.0, 12, 0.05)]:
        truth = rng.uniform(-90, 90, count)
        x = truth + rng.normal(0, 3, count)
        y = 4 + slope * truth + rng.normal(0, 3 * np.sqrt(ratio), count)
        data = odr.RealData(x, y, sx=1.0, sy=np.sqrt(ratio))
        fit = odr.ODR(data, odr.unilinear, beta0=[slope, 4.0], sstol=1e-14, partol=1e-14, maxit=2000).run()
        a, b = fit.beta
        residual = y - (b + a * x)
        cases.append(
            {
                "ratio": ratio, "x": list(x), "y": list(y), "slope": a, "intercept": b,
                "spread": np.sqrt((residual**2).sum() / (count - 2)), "r_squared": stats.pearsonr(x, y).statistic ** 2,
            }
        )

    def slope_of(x, y, axis=-1):
        """The first principal axis."""
        x = x - x.mean(axis, keepdims=True)
        y = y - y.mean(axis, keepdims=True)
        angle = 0.5 * np.arctan2(2 * (x * y).sum(axis), (x * x).sum(axis) - (y * y).sum(axis))
        return np.tan(angle)

    case = cases[0]
    x, y = np.array(case["x"]), np.array(case["y"])
    bca = stats.bootstrap((x, y), slope_of, paired=True, n_resamples=50_000, method="BCa", rng=3)
    case["bootstrap"] = {"low": bca.confidence_interval.low, "high": bca.confidence_interval.high, "error": bca.standard_error}
    return cases


def contrasts():
    own = np.random.default_rng(21)
    paired = []
    for count, weights in [(5, [1, -1]), (3, [1, -2, 1]), (2, [0.5, 0.5, -1, 0.25])]:
        terms = [list(own.normal(1 + k, 0.3, count)) for k in range(len(weights))]
        sums = np.array(weights) @ np.array(terms)
        test = stats.ttest_1samp(sums, 0)
        low, high = test.confidence_interval(0.95)
        near = []
        for target, margin in [(np.mean(sums) + 0.1, 0.5), (np.mean(sums) - 0.05, 2.0), (np.mean(sums) + 1.0, 0.3)]:
            # Schuirmann's two one-sided tests; outside of the margin the nearer bound is tested from the other side.
            if abs(np.mean(sums) - target) < margin:
                sides = [
                    stats.ttest_1samp(sums, target - margin, alternative="greater").pvalue,
                    stats.ttest_1samp(sums, target + margin, alternative="less").pvalue,
                ]
                near.append([target, margin, 2 * max(sides)])
            else:
                bound = target - margin if np.mean(sums) < target else target + margin
                side = "less" if np.mean(sums) < target else "greater"
                near.append([target, margin, 2 * stats.ttest_1samp(sums, bound, alternative=side).pvalue])
        paired.append(
            {"weights": weights, "terms": terms, "estimate": np.mean(sums), "p": test.pvalue, "low": low, "high": high, "near": near}
        )
    deviations = []
    for first, second in [(own.normal(0, 3, 5), own.normal(9, 1, 5)), (own.normal(0, 1, 8), own.normal(0, 1, 3))]:
        a, b = (np.abs(values - np.median(values)) for values in (first, second))
        test = stats.ttest_ind(a, b, equal_var=False)
        deviations.append(
            {"first": list(first), "second": list(second), "estimate": a.mean() - b.mean(), "degrees": test.df, "p": test.pvalue}
        )
    return {"paired": paired, "deviations": deviations}


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    content = {
        "distributions": distributions(), "intervals": intervals(), "tests": tests(), "crossed": crossed(), "bootstraps": bootstraps(),
        "deming": deming(), "contrasts": contrasts(),
    }
    path = pathlib.Path(__file__).parent / "statistics.json"
    path.write_text(json.dumps(content, indent=None, separators=(",", ":"), default=float) + "\n")
    print(f"{path}: {path.stat().st_size} bytes")
