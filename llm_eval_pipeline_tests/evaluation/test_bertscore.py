"""BERTScore by hand, with embeddings that are written here, and through a tiny model where torch is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.bertscore import Embedding, bertscore_f1
from llm_eval_pipeline.evaluation.transformers_embedder import EmbedderError, load_embedder

VECTORS = {"cat": (1.0, 0.0), "dog": (0.6, 0.8), "car": (0.0, 2.0), "nil": (0.0, 0.0)}


class Lexicon:
    """Each word has its vector; "." is a special token. It remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[Embedding]:
        self.asked += texts
        return [
            Embedding(
                vectors=np.array([VECTORS.get(word, (1.0, 0.0)) for word in text.split()]).reshape(-1, 2),
                counts=np.array([word != "." for word in text.split()], dtype=bool),
            )
            for text in texts
        ]


def test_the_score_by_hand() -> None:
    # Cosines: cat·cat 1, cat·dog 0.6, cat·car 0, dog·car 0.8 (a vector's length makes no difference).
    # "cat dog" against "cat car": precision (1 + 0.8) / 2, recall (1 + 0.8) / 2, F1 0.9.
    # "cat" against "dog car": precision 0.6, recall (0.6 + 0) / 2 = 0.3, F1 = 2 · 0.18 / 0.9 = 0.4.
    scores = bertscore_f1(["cat dog", "cat", "dog"], ["cat car", "dog car", "dog"], Lexicon())
    assert scores == pytest.approx([0.9, 0.4, 1.0])


def test_a_special_token_may_be_matched_and_does_not_count() -> None:
    # "car ." against "cat ": car·cat is 0 and the point, whose vector is cat's, is left out of precision, but cat
    # finds it: recall 1, precision 0, F1 0.
    assert bertscore_f1(["car ."], ["cat"], Lexicon()) == [0.0]
    # "dog ." against "cat": precision 0.6, recall 1 by the point: F1 = 1.2 / 1.6.
    assert bertscore_f1(["dog ."], ["cat"], Lexicon()) == [pytest.approx(0.75)]


def test_without_a_reference_there_is_no_score_and_without_a_token_it_is_zero() -> None:
    assert bertscore_f1(["cat", "cat", "", "nil"], [None, " ", "cat", "cat"], Lexicon()) == [None, None, 0.0, 0.0]


def test_a_text_that_stands_several_times_is_embedded_once() -> None:
    lexicon = Lexicon()
    bertscore_f1(["cat", "dog", "car"], ["dog", "dog", None], lexicon)
    assert lexicon.asked == ["cat", "dog"]
    bertscore_f1(["cat"], [None], lexicon)
    assert lexicon.asked == ["cat", "dog"]


def test_a_reference_too_few_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 outputs and 1 references"):
        bertscore_f1(["a", "b"], ["a"], Lexicon())


def test_a_folder_without_a_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="LLM_EVAL_BERTSCORE_MODEL"):
        load_embedder(tmp_path / "none")


def tiny_model(folder: Path) -> None:
    """A BERT of two layers with random weights and a vocabulary of a few words."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "car", "the", "a"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(7)
    size = {"vocab_size": len(words), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(**size, intermediate_size=32, max_position_embeddings=16)).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)


def test_a_local_model_is_loaded_and_scores(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed: it comes with the extra `bertscore`")
    pytest.importorskip("transformers", reason="transformers is not installed: it comes with the extra `bertscore`")
    tiny_model(tmp_path)
    embedder = load_embedder(tmp_path)
    short, padded = embedder.embed(["cat", "the cat a dog"])
    assert short.vectors.shape == (3, 16)
    assert short.counts.tolist() == [False, True, False]
    assert padded.counts.tolist() == [False, True, True, True, True, False]
    same, other, cut = bertscore_f1(["the cat", "dog", "cat " * 50], ["the cat", "the car", "dog"], embedder)
    assert same == pytest.approx(1)
    assert other is not None
    assert other < 1
    assert cut is not None
