"""The search index: BM25 by tantivy over tokens that :mod:`tieout.text` makes.

Tokens are ours, so the engine sees white-space text only and can be exchanged. The index folder carries the version
of tokens and fields in its name; another version, or a damaged folder, is rebuilt from the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.text import token_string

if TYPE_CHECKING:
    import tantivy

__all__ = ["INDEX_VERSION", "IndexedChunk", "ReportIndex"]

INDEX_VERSION = "1"
"""Raise it whenever the tokens of a text or the fields change."""
HEADING_BOOST = 0.6
WRITER_HEAP = 30_000_000

IndexedChunk = tuple[int, str, str]
"""Passage number, heading text (title and section), passage text."""


class ReportIndex:
    """One folder on disk; readers never wait, and there is one writer at a time (see :mod:`.lock`)."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / f"index-v{INDEX_VERSION}"
        self._index: tantivy.Index | None = None

    @property
    def exists(self) -> bool:
        """Whether there is an index that this version of the engine can open."""
        import tantivy

        try:
            if not self.path.is_dir() or not tantivy.Index.exists(str(self.path)):
                return False
            self._open()
        except (ValueError, OSError):
            return False
        return True

    def create(self) -> None:
        """Start with an empty index, dropping what is there, and indexes of other versions."""
        import tantivy

        self._index = None
        for old in self.path.parent.glob("index-v*"):
            shutil.rmtree(old, ignore_errors=True)
        self.path.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(_schema(), path=str(self.path))

    def apply(self, added: Mapping[int, Iterable[IndexedChunk]], removed: Iterable[int]) -> None:
        """Take in documents and drop others in one commit; adding twice leaves one copy."""
        import tantivy

        index = self._open()
        writer = index.writer(heap_size=WRITER_HEAP, num_threads=1)
        try:
            for document in [*removed, *added]:
                writer.delete_documents_by_term("document", document)
            for document, chunks in added.items():
                for key, heading, text in chunks:
                    entry = tantivy.Document()
                    entry.add_unsigned("chunk", key)
                    entry.add_unsigned("document", document)
                    entry.add_text("heading", token_string(heading))
                    entry.add_text("body", token_string(text))
                    writer.add_document(entry)
            writer.commit()
            writer.wait_merging_threads()
        finally:
            del writer
        index.reload()

    def search(self, weights: Mapping[str, float], *, limit: int) -> list[tuple[int, float]]:
        """Passage numbers and BM25 scores for weighted query tokens, best first."""
        import tantivy

        index = self._open()
        index.reload()
        searcher, schema = index.searcher(), index.schema
        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        for token, weight in weights.items():
            for field, boost in (("body", 1.0), ("heading", HEADING_BOOST)):
                term = tantivy.Query.term_query(schema, field, token, index_option="freq")
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(term, weight * boost)))
        if not clauses or searcher.num_docs == 0:
            return []
        hits = searcher.search(tantivy.Query.boolean_query(clauses), limit=limit).hits
        keys = searcher.fast_field_values("chunk", [address for _, address in hits])
        return [
            (int(key), float(score)) for key, (score, _) in zip(keys, hits, strict=True) if key is not None
        ]

    def frequencies(self, tokens: Sequence[str]) -> tuple[int, dict[str, int]]:
        """How many passages there are, and how many hold each token."""
        index = self._open()
        index.reload()
        searcher = index.searcher()
        return searcher.num_docs, {token: searcher.doc_freq("body", token) for token in tokens}

    def _open(self) -> tantivy.Index:
        import tantivy

        if self._index is None:
            self._index = tantivy.Index.open(str(self.path))
        return self._index


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", stored=False, indexed=False, fast=True)
    builder.add_unsigned_field("document", stored=False, indexed=True)
    builder.add_text_field("heading", stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()
