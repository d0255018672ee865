"""Whether an output has the form that was asked for, and if not, what is wrong with it.

A format is a JSON object in a text; its ``type`` says which one it is:

- ``{"type": "json"}``, ``{"type": "json_object", "required": ["total"]}``,
  ``{"type": "json_array", "min_items": 1, "max_items": 5, "required": ["name"]}``,
  ``{"type": "json_schema", "schema": {…}}``
- ``{"type": "regex", "pattern": "…"}``, ``{"type": "one_of", "values": ["yes", "no"]}``
- ``{"type": "max_words", "n": 50}``, ``{"type": "length", "unit": "sentences", "min": 2, "max": 4}``
- ``{"type": "markdown_list"}``, ``{"type": "markdown_checklist"}``,
  ``{"type": "markdown_headings", "titles": ["Risks"]}``, ``{"type": "markdown_table", "columns": 3, "min_rows": 2}``,
  ``{"type": "code_block", "language": "python"}``
- ``{"type": "all_of", "formats": [{…}, {…}]}``

White space around an output never counts. Here: one file per family of formats. Not here: whether the content is right.
"""

from llm_eval_pipeline.evaluation.formats.reading import follows_format, format_problem, judged_format, read_format
from llm_eval_pipeline.evaluation.formats.seam import FormatSpecError

__all__ = ["FormatSpecError", "follows_format", "format_problem", "judged_format", "read_format"]
