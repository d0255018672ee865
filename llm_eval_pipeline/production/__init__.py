"""Production spans: read from files, kept exactly once, priced, profiled, and sampled for judging.

The way of a span: a reader (``readers/``) finds it in a file, a convention (``conventions/``) says what its attributes
mean, ``landing.py`` stages it once per file, ``traces.py`` compiles the days, ``profiles.py`` turns a day into
distributions, and ``sampling.py`` picks what a judge sees. Drift verdicts and cost summaries live elsewhere.
"""
