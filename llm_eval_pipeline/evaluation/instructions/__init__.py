"""Verifiable instructions: the 25 types of IFEval (Zhou et al. 2023, arXiv:2311.07911), strict and loose.

Here: one file per family of instructions, each a set of pure functions of the output and its arguments. Not here: which
example carries which instruction (the dataset says), and the share that is followed (the text scores say).
"""

from llm_eval_pipeline.evaluation.instructions.arguments import InstructionError
from llm_eval_pipeline.evaluation.instructions.following import INSTRUCTIONS, follows

__all__ = ["INSTRUCTIONS", "InstructionError", "follows"]
