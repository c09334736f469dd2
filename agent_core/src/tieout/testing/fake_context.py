"""FakeToolContext: what a tool is handed, without a host."""

from __future__ import annotations

__all__ = ["FakeToolContext"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tieout.contract.results import Result
from tieout.contract.slots import Candidate
from tieout.contract.tools import Embedder
from tieout.errors import ToolUnavailable
from tieout.i18n import Language


@dataclass
class FakeToolContext:
    """A ToolContext to call a tool's function with, and to look at afterwards.

    Without a ``data_dir`` a tool that asks for its folder fails the test: give it ``tmp_path``.
    """

    lang: Language = "en"
    question: str = ""
    folder: Path | None = None
    """The plugin's folder."""
    online: bool = False
    embedder: Embedder | None = None
    cancelled: bool = False
    answers: Mapping[str, Result | Callable[..., Result] | Exception] = field(
        default_factory=dict[str, "Result | Callable[..., Result] | Exception"]
    )
    """What ``call`` returns, by qualified name: a result, a function of the arguments, or an error to raise."""
    candidates: Mapping[str, Sequence[Candidate]] = field(default_factory=dict[str, Sequence[Candidate]])
    """What ``find`` returns, by slot kind."""
    called: list[tuple[str, dict[str, object]]] = field(default_factory=list[tuple[str, dict[str, object]]])
    """Every ``call`` so far: name and arguments."""
    reported: list[tuple[float, float | None, str]] = field(
        default_factory=list[tuple[float, float | None, str]]
    )
    """Every ``progress`` so far."""

    @property
    def data_dir(self) -> Path:
        """The folder given."""
        assert self.folder is not None, "give FakeToolContext a folder: FakeToolContext(folder=tmp_path)"
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Remember the report."""
        self.reported.append((done, total, message))

    async def call(self, name: str, /, **arguments: object) -> Result:
        """Answer from ``answers``.

        Raises:
            ToolUnavailable: There is no answer under that name.
        """
        self.called.append((name, arguments))
        answer = self.answers.get(name)
        if answer is None:
            raise ToolUnavailable(
                f"There is no tool named {name!r}.", hint="Put it into FakeToolContext.answers."
            )
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Result) else answer(**arguments)

    def find(self, kind: str, text: str) -> list[Candidate]:
        """Answer from ``candidates``, with those that lie in the text."""
        return [found for found in self.candidates.get(kind, ()) if found.text in text]
