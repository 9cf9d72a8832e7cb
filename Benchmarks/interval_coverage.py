"""Simulates how often the intervals of docs/statistics.md hold the true value; prints the rows of its table.

    python3 Benchmarks/interval_coverage.py          300 experiments per row, a few minutes

Two equally good entries: an image is hard or easy for both (σ 2), harder for one of them (σ 1), a seed is good or bad (σ 0.05 or 0.3), and
the rest is chance (σ 1). Needs NumPy and SciPy; the intervals are written out here again, apart from the zoo's own.
"""

import numpy as np
from scipy import stats

EXPERIMENTS = 300
RESAMPLES = 400


def differences(rng, seeds, images, spread):
    hard = rng.normal(-4.5, 2, (1, images))

    def misses():
        return hard + rng.normal(0, spread, (seeds, 1)) + rng.normal(0, 1, (1, images)) + rng.normal(0, 1, (seeds, images)) > 0

    return misses().astype(float) - misses()


def crossed_t(d):
    seeds, images = d.shape
    mean, rows, columns = d.mean(), d.mean(1), d.mean(0)
    by_seed = images * ((rows - mean) ** 2).sum() / (seeds - 1)
    by_image = seeds * ((columns - mean) ** 2).sum() / (images - 1)
    rest = ((d - rows[:, None] - columns[None] + mean) ** 2).sum() / ((seeds - 1) * (images - 1))
    total = by_seed + max(by_image - rest, 0)
    degrees = total**2 / (by_seed**2 / (seeds - 1)) if by_seed > 0 else images - 1
    half = stats.t.ppf(0.975, degrees) * np.sqrt(total / d.size)
    return mean - half, mean + half


def seeds_t(d):
    rows = d.mean(1)
    half = stats.t.ppf(0.975, len(rows) - 1) * rows.std(ddof=1) / np.sqrt(len(rows))
    return rows.mean() - half, rows.mean() + half


def bootstrap(d, rng):
    seeds, images = d.shape
    by_seed = rng.multinomial(seeds, np.ones(seeds) / seeds, RESAMPLES) / seeds
    by_image = rng.multinomial(images, np.ones(images) / images, RESAMPLES) / images
    return np.quantile(((by_seed @ d) * by_image).sum(1), [0.025, 0.975])


def main():
    rng = np.random.default_rng(1)
    for images in (500, 2000):
        for seeds in (2, 3, 5, 10):
            for spread, word in ((0.05, "little"), (0.3, "much")):
                held = np.zeros(3)
                for _ in range(EXPERIMENTS):
                    d = differences(rng, seeds, images, spread)
                    for index, (low, high) in enumerate((crossed_t(d), seeds_t(d), bootstrap(d, rng))):
                        held[index] += low <= 0 <= high
                shares = " | ".join(f"{100 * share:.0f} %" for share in held / EXPERIMENTS)
                print(f"| {seeds} | {images:,} | {word} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
