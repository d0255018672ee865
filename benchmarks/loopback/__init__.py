"""An OpenAI-compatible endpoint on loopback, in a process of its own, that counts every call it gets.

Belongs here: what it answers, how slowly, with which failures, and what it counts. Does not belong here: who calls it,
and what a count means.
"""
