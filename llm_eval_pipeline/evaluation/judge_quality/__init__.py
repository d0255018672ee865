"""How far a judge can be trusted: its agreement with people and with itself, and numbers corrected for its errors.

Here: pure functions over scores, and the rows that assets store. Not here: how a judge is asked (``judging``).
"""
