"""Tests of what other tools are told."""
