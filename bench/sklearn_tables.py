#!/usr/bin/python3
"""What scikit-learn's MLP makes of a table: sklearn_tables.py FOLDER classes|values [SEED...]

FOLDER has train.csv and test.csv, the target in the last column. Columns are standardized by the
training set, as is usual. The network has scikit-learn's defaults, and for values also many more
epochs than these, as 200 are too few; what is better in the mean of all seeds counts. Prints a
JSON: accuracy, or mse and R2, for each seed. Where scikit-learn is missing it says so and exits
with 77.
"""
import csv
import json
import pathlib
import statistics
import sys
import warnings

try:
    import numpy
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    print(f"notice: no scikit-learn here ({error}; Debian: python3-sklearn)", file=sys.stderr)
    sys.exit(77)


def table(path):
    with open(path, encoding="utf-8") as file:
        rows = numpy.array([list(map(float, row)) for row in list(csv.reader(file))[1:]])
    return rows[:, :-1], rows[:, -1]


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in ("classes", "values"):
        sys.exit(__doc__)
    warnings.simplefilter("ignore")  # that it did not converge
    folder, classes = pathlib.Path(sys.argv[1]), sys.argv[2] == "classes"
    (x, y), (test_x, test_y) = table(folder / "train.csv"), table(folder / "test.csv")
    scaler = StandardScaler().fit(x)
    x, test_x = scaler.transform(x), scaler.transform(test_x)
    tried = []
    for settings in [{}] if classes else [{}, {"max_iter": 2000}]:
        scores = []
        for seed in map(int, sys.argv[3:] or ["1"]):
            kind = MLPClassifier if classes else MLPRegressor
            net = kind(random_state=seed, **settings).fit(x, y)
            scores.append(float(net.score(test_x, test_y)))
        tried.append((statistics.mean(scores), settings, scores))
    _, settings, scores = max(tried, key=lambda one: one[0])
    found = {"settings": settings, "accuracy" if classes else "r2": scores}
    if not classes:
        found["mse"] = [(1 - score) * float(numpy.var(test_y)) for score in scores]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
