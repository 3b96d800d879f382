"""`make chaos`: every point, `--times` each (25), the moment drawn anew; one line a point, exit status 1 when anything differs."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos import collection
from tests.loopback import serving


def main(times: int, seed: int) -> int:
    chance, wrong = random.Random(seed), 0
    with serving(collection.site()) as base, tempfile.TemporaryDirectory() as top:
        calm = Path(top) / "calm"
        assert collection.run(calm, base) == 0
        expected = collection.stored(calm)
        for name, point in collection.POINTS.items():
            lost = 0
            for number in range(times):
                folder = Path(top) / f"{name}-{number}"
                died = collection.run(folder, base, name, chance.randint(1, point.most))
                assert died == -9, f"{name}: {died}"
                lost += collection.run(folder, base) != 0 or collection.stored(folder) != expected
            wrong += lost
            print(f"{name:>16}: {times} kills, {lost} runs differ from an undisturbed one", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=25)
    parser.add_argument("--seed", type=int, default=57)
    given = parser.parse_args()
    sys.exit(main(given.times, given.seed))
