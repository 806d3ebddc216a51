"""Measuring hoso beside what anyone would use instead, on real servers. tests/bench/README.md is the text to it."""
