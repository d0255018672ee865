"""``python -m llm_eval_pipeline`` is ``llm-eval``."""

from llm_eval_pipeline.commands.main import main

main()
