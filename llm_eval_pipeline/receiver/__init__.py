"""Where applications and collectors send spans: OTLP over HTTP in, files of the landing folder out.

Each request that is answered with 200 is on disk by then. What its spans mean, and whether they are any good, is for
``production/`` to say, when the files are landed.
"""
