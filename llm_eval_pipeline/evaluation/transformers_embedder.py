"""A local model folder as an embedder of tokens. It needs the extra ``bertscore`` (torch and transformers)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm_eval_pipeline.evaluation.bertscore import Embedding

BATCH = 32


class EmbedderError(RuntimeError):
    """A model that cannot be loaded. The text names the folder and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersEmbedder:
    """The hidden states of one layer; ``layer`` 0 is the input's embeddings, -1 the last layer's."""

    tokenizer: Any
    model: Any
    layer: int = -1

    def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """One embedding for each text; a text longer than the model can read is cut."""
        import torch

        found: list[Embedding] = []
        for start in range(0, len(texts), BATCH):
            batch = self.tokenizer(
                list(texts[start : start + BATCH]),
                padding=True,
                truncation=True,
                max_length=min(self.tokenizer.model_max_length, self.model.config.max_position_embeddings),
                return_special_tokens_mask=True,
                return_tensors="pt",
            )
            special, there = batch.pop("special_tokens_mask").bool(), batch["attention_mask"].bool()
            with torch.inference_mode():
                hidden = self.model(**batch, output_hidden_states=True).hidden_states[self.layer]
            for vectors, is_special, is_there in zip(hidden, special, there, strict=True):
                found.append(Embedding(vectors=vectors[is_there].numpy(), counts=~is_special[is_there].numpy()))
        return found


def load_embedder(folder: Path, layer: int = -1) -> TransformersEmbedder:
    """The model in a folder, as ``save_pretrained`` writes it. Nothing is downloaded.

    Raises:
        EmbedderError: when the folder is missing or holds no model, or the extra is not installed.
    """
    if not (folder / "config.json").is_file():
        raise EmbedderError(f"{folder} holds no model: set LLM_EVAL_BERTSCORE_MODEL to a folder with config.json")
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise EmbedderError(
            "BERTScore needs torch and transformers: install the extra with `pip install llm-eval-pipeline[bertscore]`"
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    except (OSError, ValueError) as error:
        raise EmbedderError(f"the model in {folder} cannot be loaded: {error}") from error
    return TransformersEmbedder(tokenizer=tokenizer, model=model, layer=layer)
