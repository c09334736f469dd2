"""llama.cpp as the child uses it: load, render the chat template, generate, stop. One thread, one model.

Only the child imports this module, since it imports llama_cpp.

Two threads on one ``Llama`` abort the process and an invalid grammar is a segmentation fault (both seen with
llama-cpp-python 0.3.36); hence the child process, and hence the check in :meth:`LlamaEngine._grammar`.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import os
import random
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, cast

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_grammar import json_schema_to_gbnf
from llama_cpp.llama_types import ChatCompletionRequestMessage, ChatCompletionTool

from tieout.models.llamacpp.protocol import (
    ChatMessage,
    Completion,
    EngineError,
    FinishedBy,
    JsonObject,
    Loaded,
)

__all__ = ["CHATML", "LlamaEngine"]

CHATML: Final = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For files without a template of their own: the most common form."""

# ggml_log_level: 1 debug, 2 info, 3 warning, 4 error, 5 more of the line before; llama-cpp-python misnames them.
_WARNING, _CONTINUED = 3, 5


class _Stopped(Exception):
    """Raised between two steps of prompt evaluation."""


class _SteppedLlama(llama_cpp.Llama):
    """Asks between two steps of a long prompt whether to go on; abort callbacks work on the CPU only."""

    why_stop: Callable[[], FinishedBy | None] = staticmethod(lambda: None)

    def eval(self, tokens: Sequence[int]) -> None:
        for start in range(0, len(tokens), self.n_batch):
            if self.why_stop():
                raise _Stopped
            super().eval(tokens[start : start + self.n_batch])


class LlamaEngine:
    """One loaded model.

    Args:
        settings: The fields of LlamaSettings, ``path`` as text.

    Attributes:
        loaded: What there is to say of the model.
        finish: How the latest answer ended.
        written: Its tokens.

    Raises:
        EngineError: llama.cpp does not load the file.
    """

    def __init__(self, settings: JsonObject) -> None:
        self.finish: FinishedBy = "stop"
        self.written = 0
        self._keep_alive: list[object] = []  # ctypes callbacks live as long as Python holds them
        self._log: deque[str] = deque(maxlen=20)
        self._listen()
        gpu = bool(llama_cpp.llama_supports_gpu_offload())
        layers: int | None = settings["n_gpu_layers"]
        layers = (-1 if gpu else 0) if layers is None else layers
        try:
            self._llama = self._open(settings, layers)
        except Exception as error:  # ValueError mostly; a broken chat template raises jinja2's own
            raise EngineError("load", " ".join([*self._log, str(error)])[-800:]) from error
        vocab = llama_cpp.llama_model_get_vocab(self._llama.model)
        assert vocab is not None
        self._vocab = vocab
        self._abort_on_stop()
        template = self._llama.metadata.get("tokenizer.chat_template")
        self._formatter = Jinja2ChatFormatter(
            template=template or CHATML,
            eos_token=self._token_text(self._llama.token_eos()),
            bos_token=self._token_text(self._llama.token_bos()),
        )
        self.loaded = Loaded(
            n_ctx=self._llama.n_ctx(),
            n_params=int(llama_cpp.llama_model_n_params(self._llama.model)),
            gpu=gpu and layers != 0,
            template=template is not None,
            template_tools=template is not None and re.search(r"\btools\b", template) is not None,
        )

    def _open(self, settings: JsonObject, layers: int) -> _SteppedLlama:
        return _SteppedLlama(
            settings["path"],
            n_ctx=settings["n_ctx"],
            n_batch=settings["n_batch"],
            n_threads=settings["n_threads"],
            n_threads_batch=settings["n_threads"],
            n_gpu_layers=layers,
            verbose=False,
        )

    def _listen(self) -> None:
        """Keep llama.cpp's warnings and pass them to stderr, also while llama-cpp-python points fd 2 elsewhere."""
        stderr = os.dup(2)
        latest = 0

        @llama_cpp.llama_log_callback
        def listen(level: int, text: bytes, _data: ctypes.c_void_p) -> None:
            nonlocal latest
            latest = latest if level == _CONTINUED else level
            if latest >= _WARNING:
                os.write(stderr, text)
                self._log.append(text.decode("utf-8", "replace").strip())

        llama_cpp.llama_log_set(listen, ctypes.c_void_p(0))
        self._keep_alive.append(listen)

    def _abort_on_stop(self) -> None:
        # Called once per graph node; costs 0.08 ms per token on a 30-layer model.
        llama = self._llama

        def stop(_data: ctypes.c_void_p) -> bool:
            return llama.why_stop() is not None

        callback = llama_cpp.ggml_abort_callback(stop)
        llama_cpp.llama_set_abort_callback(llama.ctx, callback, ctypes.c_void_p(0))
        self._keep_alive.append(callback)

    def stop_when(self, why_stop: Callable[[], FinishedBy | None]) -> None:
        """Ask ``why_stop`` within and between steps; an answer other than None ends the work."""
        self._llama.why_stop = why_stop

    # ------------------------------------------------------------------ prompt

    def prompt(self, messages: list[ChatMessage], tools: list[JsonObject]) -> tuple[list[int], int]:
        """Tokens of the rendered prompt, and how many of them are still in the KV cache.

        Raises:
            EngineError: The template refuses the messages, or the prompt leaves no room for an answer.
        """
        llama = self._llama
        text = self._render(messages, tools)
        tokens = llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=True)
        if len(tokens) >= llama.n_ctx():
            raise EngineError("context", f"{len(tokens)} tokens, room for {llama.n_ctx()}")
        cached = 0
        for old, new in zip(llama.eval_tokens, tokens, strict=False):
            if old != new:
                break
            cached += 1
        return tokens, cached

    def _render(self, messages: list[ChatMessage], tools: list[JsonObject]) -> str:
        """Render in jinja2's immutable sandbox; a template that loops for ever is the parent's to kill."""

        def render(conversation: list[ChatMessage]) -> str:
            return self._formatter(
                messages=cast(list[ChatCompletionRequestMessage], conversation),
                tools=cast(list[ChatCompletionTool], tools) or None,
            ).prompt

        try:
            return render(messages)
        except Exception as error:  # a template is foreign code and may raise anything
            if messages and messages[0].get("role") == "system":
                try:  # some templates (Gemma) refuse the system role
                    return render(_without_system(messages))
                except Exception:  # noqa: S110  the first error says more
                    pass
            raise EngineError("template", f"{type(error).__name__}: {error}"[:400]) from error

    # ------------------------------------------------------------------ generate

    def generate(self, tokens: list[int], completion: Completion) -> Iterator[str]:
        """Write the answer piece by piece; :attr:`finish` and :attr:`written` are set when it ends.

        Raises:
            EngineError: The schema cannot be made a grammar, or llama.cpp failed.
        """
        llama = self._llama
        sampling = completion["sampling"]
        grammar = self._grammar(completion["schema"]) if completion["schema"] is not None else None
        seed = sampling["seed"]
        llama.set_seed(random.getrandbits(31) + 1 if seed is None else seed)
        limit = min(sampling["max_tokens"], llama.n_ctx() - len(tokens))
        self.written, self.finish = 0, "length"
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        stream = llama.generate(
            tokens,
            temp=sampling["temperature"],
            top_p=sampling["top_p"],
            top_k=sampling["top_k"],
            presence_penalty=sampling["presence_penalty"],
            frequency_penalty=sampling["frequency_penalty"],
            grammar=grammar,
        )
        try:
            for token in stream:
                if llama_cpp.llama_vocab_is_eog(self._vocab, token):
                    self.finish = "stop"
                    break
                self.written += 1
                if text := decoder.decode(self._piece(token)):
                    yield text
                if why := llama.why_stop():
                    self.finish = why
                    break
                if self.written >= limit:
                    break
        except (_Stopped, RuntimeError) as error:
            why = llama.why_stop()
            self._forget()
            if why is None:
                raise EngineError("generate", str(error)) from error
            self.finish = why
        finally:
            stream.close()
        # A character that was cut in two by the token limit is dropped; one left broken by the model is shown.
        if self.finish == "stop" and (text := decoder.decode(b"", final=True)):
            yield text

    def _grammar(self, schema: JsonObject) -> llama_cpp.LlamaGrammar:
        try:
            rules = json_schema_to_gbnf(json.dumps(schema), prop_order=["name", "arguments"])
        except Exception as error:  # the converter asserts, and raises KeyError and RecursionError
            raise EngineError("grammar", f"{type(error).__name__}: {error}"[:200]) from error
        sampler = llama_cpp.llama_sampler_init_grammar(self._vocab, rules.encode(), b"root")
        if not sampler:
            raise EngineError("grammar", "llama.cpp does not accept the grammar")
        llama_cpp.llama_sampler_free(sampler)
        return llama_cpp.LlamaGrammar.from_string(rules, verbose=False)

    def _forget(self) -> None:
        """After an aborted step the KV cache is unusable; start from an empty one."""
        self._llama.reset()
        memory = llama_cpp.llama_get_memory(self._llama.ctx)
        if memory is not None:
            llama_cpp.llama_memory_clear(memory, True)

    def _piece(self, token: int) -> bytes:
        """The bytes of one token, control tokens spelled out: <tool_call> is one in some vocabularies.

        llama-cpp-python's own detokenize returns rubbish for pieces over 32 bytes.
        """
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, size, 0, True)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def _token_text(self, token: int) -> str:
        return self._piece(token).decode("utf-8", "replace") if token >= 0 else ""


def _without_system(messages: list[ChatMessage]) -> list[ChatMessage]:
    """The system message moved to the head of the first user message."""
    system, *rest = messages
    out: list[ChatMessage] = []
    pending = system.get("content", "")
    for message in rest:
        if pending and message.get("role") == "user":
            message = ChatMessage(role="user", content=f"{pending}\n\n{message.get('content', '')}")
            pending = ""
        out.append(message)
    return out
