"""A tiny llama-architecture GGUF with random weights: what tests need of a model, in half a megabyte and no download.

The text it writes is noise. Everything around the text is real: tokenizer, chat template, KV cache, sampling,
grammars, end-of-turn token. Weights come from a fixed seed, so a greedy answer is the same on every run.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["CHAT_TEMPLATE", "write_tiny_gguf"]

# ChatML with hermes-style tools, the family most local models belong to.
CHAT_TEMPLATE = (
    "{%- if tools %}<|im_start|>system\n"
    "{%- if messages[0].role == 'system' %}{{ messages[0].content }}\n{% endif -%}"
    "# Tools\n<tools>{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools><|im_end|>\n{% endif -%}"
    "{%- for message in messages %}"
    "{%- if not (tools and loop.first and message.role == 'system') %}"
    "<|im_start|>{{ message.role }}\n{{ message.content or '' }}"
    "{%- if message.tool_calls %}{% for call in message.tool_calls %}\n<tool_call>\n"
    '{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}\n</tool_call>'
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{%- endif %}{% endfor -%}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

_CONTROL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
_NORMAL, _UNKNOWN, _CONTROL_TYPE, _BYTE = 1, 2, 3, 6


def _vocabulary() -> tuple[list[str], list[float], list[int]]:
    """SentencePiece-style tokens, scores and types: control tokens, 256 bytes, printable ASCII."""
    characters = ["▁", *(chr(code) for code in range(33, 127))]
    tokens = [*_CONTROL, *(f"<0x{byte:02X}>" for byte in range(256)), *characters]
    types = [_UNKNOWN, *[_CONTROL_TYPE] * 4, *[_BYTE] * 256, *[_NORMAL] * len(characters)]
    return tokens, [0.0] * len(tokens), types


def write_tiny_gguf(
    path: Path,
    *,
    chat_template: str | None = CHAT_TEMPLATE,
    layers: int = 2,
    width: int = 64,
    trained_context: int = 4096,
    seed: int = 7,
) -> Path:
    """Write the model to ``path`` and return it.

    Args:
        chat_template: Jinja text stored in the file; None leaves it out, as in a base model.
        layers: Number of transformer blocks; more make one token slower (2 blocks: well under 1 ms).
        width: Embedding length, a multiple of 32.
        trained_context: The context length the file declares, in tokens.
        seed: Seed of the random weights.
    """
    import gguf
    import numpy as np

    tokens, scores, types = _vocabulary()
    heads, feed_forward = 4, width * 2
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny random llama")
    writer.add_context_length(trained_context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    if chat_template is not None:
        writer.add_chat_template(chat_template)

    random = np.random.default_rng(seed)

    def matrix(
        rows: int, columns: int, scale: float = 0.2
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return (random.standard_normal((rows, columns)) * scale).astype(np.float32)

    output = matrix(len(tokens), width, 1.0)
    output[: len(_CONTROL)] = 0.0  # never the likeliest, so that a greedy answer runs to its token limit
    output[len(_CONTROL) : len(_CONTROL) + 256] *= 0.1  # raw bytes rarely: the noise stays readable
    writer.add_tensor("token_embd.weight", matrix(len(tokens), width, 1.0))
    writer.add_tensor("output_norm.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("output.weight", output)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, dtype=np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(width, width))
        for name, shape in (
            ("ffn_gate", (feed_forward, width)),
            ("ffn_up", (feed_forward, width)),
            ("ffn_down", (width, feed_forward)),
        ):
            writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(*shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


if __name__ == "__main__":
    import sys

    print(write_tiny_gguf(Path(sys.argv[1])))
