"""Writes a Llama GGUF file as the two checkpoints that vLLM reads: TARGET/bf16, and TARGET/int8 with weights rounded to W8A8.

    python3 vllm_models.py model.gguf TARGET

Each row of a weight is divided by a 127th of its largest magnitude and rounded; embedding and head stay in bfloat16. There is no
tokenizer, as loads are made of token ids.
"""
import json
import pathlib
import sys

import gguf
import numpy
import torch
from safetensors.torch import save_file

LAYER = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
REST = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight", "output.weight": "lm_head.weight"}


def name_of(name):
    if name in REST:
        return REST[name]
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{LAYER[part]}.{kind}"


def halves_apart(rows, heads):
    """GGUF keeps the pairs of a rotation side by side."""
    n, k = rows.shape
    return rows.reshape(heads, n // heads // 2, 2, k).swapaxes(1, 2).reshape(n, k)


def config_of(reader, tensors):
    def value(name):
        return reader.fields["llama." + name].contents()

    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": tensors["model.embed_tokens.weight"].shape[0],
        "hidden_size": value("embedding_length"),
        "intermediate_size": value("feed_forward_length"),
        "num_hidden_layers": value("block_count"),
        "num_attention_heads": value("attention.head_count"),
        "num_key_value_heads": value("attention.head_count_kv"),
        "rms_norm_eps": value("attention.layer_norm_rms_epsilon"),
        "rope_theta": value("rope.freq_base"),
        "max_position_embeddings": value("context_length"),
        "tie_word_embeddings": "lm_head.weight" not in tensors,
        "hidden_act": "silu",
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "bfloat16",
    }


def read(path):
    reader = gguf.GGUFReader(path)
    tensors = {}
    for tensor in reader.tensors:
        rows = gguf.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
        if tensor.name.endswith(("attn_q.weight", "attn_k.weight")):
            which = "attention.head_count" + ("" if "attn_q" in tensor.name else "_kv")
            rows = halves_apart(rows, reader.fields["llama." + which].contents())
        tensors[name_of(tensor.name)] = torch.from_numpy(numpy.ascontiguousarray(rows))
    return config_of(reader, tensors), tensors


def write(folder, config, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def rounded(tensors):
    for name, weight in tensors.items():
        if "_proj." not in name:
            yield name, weight.bfloat16()
            continue
        scales = (weight.abs().amax(1, keepdim=True) / 127).clamp(min=1e-12)
        yield name, torch.round(weight / scales).to(torch.int8)
        yield name + "_scale", scales.bfloat16()


def w8a8():
    grid = {"num_bits": 8, "type": "int", "symmetric": True}
    return {
        "quant_method": "compressed-tensors",
        "format": "int-quantized",
        "quantization_status": "compressed",
        "ignore": ["lm_head"],
        "config_groups": {
            "group_0": {
                "targets": ["Linear"],
                "weights": {**grid, "strategy": "channel", "dynamic": False},
                "input_activations": {**grid, "strategy": "token", "dynamic": True},
            }
        },
    }


def main():
    config, tensors = read(sys.argv[1])
    target = pathlib.Path(sys.argv[2])
    write(target / "bf16", config, {name: weight.bfloat16() for name, weight in tensors.items()})
    write(target / "int8", {**config, "quantization_config": w8a8()}, dict(rounded(tensors)))


if __name__ == "__main__":
    main()
