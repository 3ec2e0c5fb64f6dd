"""Benchmarks: what the project does on shared and generated data, beside its peers, in one run."""
