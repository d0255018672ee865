"""Texts as one character for each word, which makes counting and comparing words as fast as characters.

Two kinds of words: BLEU's, which are sacrebleu's 13a tokens, and ROUGE's, which are runs of a to z and 0 to 9. Neither
reaches over white space, so both are looked up once for each different piece of text between white space. Not here:
what is counted (``ngrams``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

MANY_WORDS = 100_000
"""Different words from which an alphabet should be left behind for a new one; it never holds over a million."""
_SURROGATES = range(0xD800, 0xE000)
_ROUGE_WORD = re.compile(r"[a-z0-9]+")
# The 13a rules as one expression: a mark stands alone; so do a point and a comma that are not between digits, and a
# hyphen after a digit.
_MARK = r"{-~\[-`\x20-&(-+:-@/"
_BLEU_WORD = re.compile(rf"[{_MARK}]|(?:[^{_MARK}\s.,-]|(?<=[0-9])[.,](?=[0-9])|(?<![0-9])-)+|[.,-]")
_POINTS = re.compile(r"[.,]{2}")  # sacrebleu's rules go over the text one after the other: it tells on these


class _Letters(dict[str, str]):
    """Word → its character."""

    def __missing__(self, word: str) -> str:
        number = len(self) + 1
        letter = self[word] = chr(number if number < _SURROGATES.start else number + len(_SURROGATES))
        return letter


class Alphabet(dict[str, str]):
    """Piece of text without white space → its words, one character each; equal words are equal characters."""

    def __init__(self, words: Callable[[str], Iterable[str]]) -> None:
        """``words`` says which words a piece has."""
        super().__init__()
        self._words, self._letters = words, _Letters()

    def __missing__(self, piece: str) -> str:
        spelt = self[piece] = "".join(map(self._letters.__getitem__, self._words(piece)))
        return spelt

    @property
    def is_full(self) -> bool:
        """Whether so many words are known that they had better be forgotten."""
        return max(len(self), len(self._letters)) > MANY_WORDS

    def spell(self, text: str) -> str:
        """The words of a text, one character each."""
        return "".join(map(self.__getitem__, text.split()))


def bleu_words() -> Alphabet:
    """An alphabet of 13a tokens."""
    return Alphabet(tokens_13a)


def rouge_words() -> Alphabet:
    """An alphabet of ROUGE's words: runs of a to z and 0 to 9 in lower case; other scripts have none."""
    return Alphabet(lambda piece: _ROUGE_WORD.findall(piece.lower()))


def tokens_13a(piece: str) -> Sequence[str]:
    """The 13a tokens of a text without white space and markup."""
    if _POINTS.search(piece) is None:
        return _BLEU_WORD.findall(piece)
    from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

    return str(TokenizerRegexp()(f" {piece} ")).split()


def without_markup(text: str) -> str:
    """What the 13a tokenizer does to a whole text first: joins words broken over lines, and resolves four entities."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "")
    if "&" in text:
        for entity, character in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
            text = text.replace(entity, character)
    return text
