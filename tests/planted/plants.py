"""Bugs for tests/planted/run: each is planted by itself, and the test named beside it must fail.

(what is wrong, file, the text that is replaced (once in the file), by what, the test). A test is a program of tests/unit or
tests/property, or FILE::NAME of tests/integration."""

import plants_alerter
import plants_ingest
import plants_pipeline
import plants_readers

PLANTS = plants_pipeline.PLANTS + plants_alerter.PLANTS + plants_ingest.PLANTS + plants_readers.PLANTS
