"""Weights of the model of `meaning`, fitted by bench/train_meaning.py; do not edit by hand."""

MEANING = {
    "bias": -15.2763,
    "coverage_most": 2.4909,
    "coverage_least": 2.6600,
    "order": 13.1999,
    "alike": 5.2197,
    "length": 0.2535,
}
