"""Tests of how judges are judged."""
