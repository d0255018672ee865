"""Many spans at once, as columns: what OTLP/JSON holds of ordinary spans, without an object for each.

Nothing here says what a span means. A span is ordinary when its columns are proven to be what ``rows.py`` makes of it;
every other goes to the reader, alone.
"""
