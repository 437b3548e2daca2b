"""How many seeds looking until it is resolved costs, by the size of the true difference.

Tables of comparisons with one baseline are drawn at random, as noisy as the variants, and looked at
with 10, 15, 20 ... seeds as `relu_bench.stats.until_resolved` does. All comparisons of a table have
the same true difference: 0, half a margin, one or two margins. A comparison that is decided ends.

- seeds: the median over the comparisons (5 to 95 % of them) of the seeds at the look that decides;
  `> N` where that many did not.
- better, practically equal: the share of the comparisons that end so.
- fixed: the seeds that tests at a number fixed beforehand take for 80 % power, were the standard
  deviation known before: to find a difference of that size, or for 0 to show it within the margin.

The same call prints the same numbers; no time is measured.
"""

from collections.abc import Iterator

import common
import numpy as np

from relu_bench import stats

COMPARISONS = (1, 3, 29)
DIFFERENCES = {"0": 0.0, "half a margin": 0.5, "a margin": 1.0, "two margins": 2.0}


def main() -> None:
    """Simulate and print the table."""
    parser = common.options_of(__doc__, repeats=None)
    parser.add_argument(
        "--sd",
        type=float,
        default=1.5,
        help="of the differences between paired runs, in margins; default: %(default)s",
    )
    parser.add_argument("--most", type=int, default=300, help="seeds; default: %(default)s")
    options = parser.parse_args()
    rows = _rows(options.sd, options.most, 20 if options.quick else 1_000)
    header = ("comparisons", "true difference", "seeds", "better", "practically equal", "fixed")
    print(f"Standard deviation of the differences: {options.sd:g} margins.\n")
    print(common.markdown(header, rows))


def _rows(sd: float, most: int, tables: int) -> Iterator[tuple[str, ...]]:
    for comparisons in COMPARISONS:
        for name, size in DIFFERENCES.items():
            random = np.random.default_rng(comparisons)
            # About as many comparisons, whatever the size of a table.
            shape = (max(tables // comparisons, 20), comparisons, most)
            run = sd / 2**0.5
            noise = random.normal(0, run, shape) - random.normal(0, run, (shape[0], 1, most))
            found = stats.until_resolved(size + noise, 1.0, comparisons)
            fixed = (
                stats.seeds_needed(size, sd, 0.05 / comparisons)
                if size
                else stats.seeds_to_show_equality(sd, 1.0)
            )
            seeds = np.where(found.verdict == "undecided", np.inf, found.look)
            ends = np.quantile(seeds, (0.5, 0.05, 0.95), method="higher")
            median, low, high = (f"{end:.0f}" if end <= most else f"> {most}" for end in ends)
            better, equal = (
                f"{100 * float((found.verdict == verdict).mean()):.0f} %"
                for verdict in ("better", "practically equal")
            )
            yield str(comparisons), name, f"{median} ({low}-{high})", better, equal, f"{fixed:.0f}"


if __name__ == "__main__":
    main()
