"""Trains the tokenizer and the triage model, and writes them with the test tickets.

    python train.py                    the full run; writes below examples/src
    python train.py --steps 500 --out try --tickets-out try/tickets.jsonl.gz

Every step sees new tickets, so no ticket is learned twice. The loss counts on the
tokens of the answer only. Everything random is drawn
from the seed.
"""

import argparse
import copy
import json
import math
import random
import time
from collections import Counter
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

import generate

EXAMPLES = Path(__file__).resolve().parent.parent
RESOURCES = EXAMPLES / "src/main/resources/dev/millrace/examples"
MODEL_FOLDER = RESOURCES / "triage-model"
TICKETS_FILE = RESOURCES / "tickets.jsonl.gz"

BOS, EOS, PAD = "<|begin_of_text|>", "<|end_of_text|>", "<|pad|>"
BOS_ID, EOS_ID, PAD_ID = 0, 1, 2

# The split pattern of Llama 3.
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

VOCABULARY = 4096
MAX_POSITIONS = 512

# Numbers of the first ticket of each use, so that no ticket is used twice.
FIRST_FOR_TOKENIZER = 1
FIRST_FOR_CHECKS = 50_001
FIRST_FOR_TRAINING = 100_001

# Frames per section in the first steps.
FEW_FRAMES = 8

CHECK_COUNT = 512
TEST_SEED = 2025
TEST_COUNT = 2000


def train_tokenizer(seed, count=20_000):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[BOS, EOS, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Prompt and answer are encoded one by one, so they are learned one by one too:
    # the colon of "Triage:" and the brace of the answer never form one token.
    texts = []
    for item in generate.tickets("train", seed, count, FIRST_FOR_TOKENIZER):
        texts += [generate.prompt(item), generate.answer(item)]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, BOS_ID)]
    )
    return tokenizer


def new_model():
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=True,
        initializer_range=0.05,
        bos_token_id=BOS_ID,
        eos_token_id=EOS_ID,
        pad_token_id=PAD_ID,
    ))


def encode(tokenizer, items, token_dropout=None):
    """Pairs (prompt ids with BOS, answer ids with EOS). Dropout splits words of the
    prompts into other tokens now and then, as typing mistakes do; answers stay whole."""
    tokenizer.model.dropout = token_dropout
    prompts = tokenizer.encode_batch([generate.prompt(item) for item in items])
    tokenizer.model.dropout = None
    answers = tokenizer.encode_batch([generate.answer(item) for item in items], add_special_tokens=False)
    return [(prompt.ids, answer.ids + [EOS_ID]) for prompt, answer in zip(prompts, answers)]


def tensors(pairs):
    """Inputs padded at the end, and targets that are -100 outside the answer."""
    width = max(len(prompt) + len(answer) for prompt, answer in pairs) - 1
    inputs = torch.full((len(pairs), width), PAD_ID)
    targets = torch.full((len(pairs), width), -100)
    for row, (prompt, answer) in enumerate(pairs):
        ids = torch.tensor(prompt + answer)
        inputs[row, : len(ids) - 1] = ids[:-1]
        targets[row, len(prompt) - 1 : len(ids) - 1] = ids[len(prompt):]
    return inputs, targets


def batches(tokenizer, options, groups_in_pool=128):
    """Endless batches of new tickets; the tickets of a batch are of like length.
    The first batches are of plain tickets, from which the cues are learned faster, and
    the very first of few frames: with all of them, the model was still at chance for
    priority and sentiment after 800 steps."""
    rng = random.Random(options.seed)
    first = FIRST_FOR_TRAINING
    pool = options.batch * groups_in_pool
    given = 0
    while True:
        plain = given < options.plain_steps
        most = FEW_FRAMES if given < options.few_steps else None
        items = generate.tickets("train", options.seed, pool, first, plain, most)
        pairs = encode(tokenizer, items, None if plain else options.token_dropout)
        first += pool
        given += groups_in_pool
        pairs.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        groups = [pairs[at : at + options.batch] for at in range(0, pool, options.batch)]
        rng.shuffle(groups)
        yield from map(tensors, groups)


def answer_places(targets):
    """Columns of the answer tokens, one row per ticket; shorter rows repeat their
    last column. The second result tells the real ones from the repeated ones."""
    chosen = targets != -100
    lengths = chosen.sum(dim=1, keepdim=True)
    first = chosen.int().argmax(dim=1, keepdim=True)
    steps = torch.arange(int(lengths.max()))[None, :]
    return first + torch.minimum(steps, lengths - 1), steps < lengths


def last_layer(layer, hidden, rotary, places):
    """The last layer, computed at the given columns only. Nothing else of its output
    is used, so the result is the same as that of the whole layer, for about a
    quarter less work in this small model."""
    attention = layer.self_attn
    rows = torch.arange(len(hidden))[:, None]
    normed = layer.input_layernorm(hidden)
    shape = (len(hidden), -1, attention.head_dim)

    def heads(projected):
        return projected.unflatten(-1, shape[1:]).transpose(1, 2)

    cos, sin = (table.expand(len(hidden), -1, -1) for table in rotary)
    query, _ = apply_rotary_pos_emb(*[heads(attention.q_proj(normed[rows, places]))] * 2, cos[rows, places], sin[rows, places])
    key, _ = apply_rotary_pos_emb(*[heads(attention.k_proj(normed))] * 2, cos, sin)
    value = heads(attention.v_proj(normed))
    visible = torch.arange(hidden.shape[1])[None, None, None, :] <= places[:, None, :, None]
    mixed = scaled_dot_product_attention(query, key, value, attn_mask=visible, enable_gqa=True)
    hidden = hidden[rows, places] + attention.o_proj(mixed.transpose(1, 2).flatten(2))
    return hidden + layer.mlp(layer.post_attention_layernorm(hidden))


def answer_logits(model, inputs, targets):
    """Logits and targets at the answer tokens only. Padding is at the end, so the
    causal mask already hides it."""
    core = model.model
    places, real = answer_places(targets)
    hidden = core.embed_tokens(inputs)
    rotary = core.rotary_emb(hidden, torch.arange(inputs.shape[1])[None, :])
    for layer in core.layers[:-1]:
        hidden = layer(hidden, attention_mask=None, position_embeddings=rotary)
    hidden = core.norm(last_layer(core.layers[-1], hidden, rotary, places))
    return model.lm_head(hidden[real]), targets.gather(1, places)[real], real


@torch.no_grad()
def accuracy(model, tokenizer, check_batches):
    """Share of right values per field, and share of tickets with the whole answer
    right. Every token is predicted behind the right ones, which is quicker than
    decoding and gives the same whole answers."""
    model.eval()
    right = Counter()
    total = 0
    for inputs, targets in check_batches:
        logits, wanted, real = answer_logits(model, inputs, targets)
        lengths = real.sum(dim=1).tolist()
        for guess, truth in zip(logits.argmax(-1).split(lengths), wanted.split(lengths)):
            total += 1
            right["whole"] += bool((guess == truth).all())
            guessed_fields = tokenizer.decode(guess.tolist()).split(",")
            true_fields = tokenizer.decode(truth.tolist()).split(",")
            right.update(name for name, a, b in zip(generate.FIELDS, guessed_fields, true_fields) if a == b)
    model.train()
    return " ".join(f"{name} {right[name] / total:.1%}" for name in (*generate.FIELDS, "whole"))


def learning_rate(step, options):
    if step < options.warm_up:
        return options.peak_rate * (step + 1) / options.warm_up
    progress = (step - options.warm_up) / max(1, options.steps - options.warm_up)
    return options.peak_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))


def new_optimizer(model, options):
    matrices = [weight for weight in model.parameters() if weight.dim() > 1]
    vectors = [weight for weight in model.parameters() if weight.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.peak_rate, betas=(0.9, 0.98), fused=True)


def train(model, tokenizer, options):
    check_items = generate.tickets("dev", options.seed, CHECK_COUNT, FIRST_FOR_CHECKS)
    check_pairs = sorted(encode(tokenizer, check_items), key=lambda pair: len(pair[0]))
    check_batches = [tensors(check_pairs[at : at + 32]) for at in range(0, CHECK_COUNT, 32)]
    source = batches(tokenizer, options)
    optimizer = new_optimizer(model, options)
    start = time.time()
    mean_loss = None
    model.train()
    for step in range(options.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options)
        logits, wanted, _ = answer_logits(model, *next(source))
        loss = cross_entropy(logits, wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        mean_loss = loss.item() if mean_loss is None else 0.98 * mean_loss + 0.02 * loss.item()
        done = step + 1
        if done % 50 == 0:
            print(f"step {done} loss {mean_loss:.4f} {time.time() - start:.0f} s", flush=True)
        if done % options.check_every == 0 or done == options.steps:
            print(f"step {done}: right on dev frames: {accuracy(model, tokenizer, check_batches)}", flush=True)
            # An interrupted run leaves its last model behind.
            save(model, tokenizer, options.out)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def save(model, tokenizer, folder):
    folder.mkdir(parents=True, exist_ok=True)
    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # The names that readers of older Llama folders look for.
    config["torch_dtype"] = "bfloat16"
    config["rope_theta"] = config.get("rope_parameters", {}).get("rope_theta", 10000.0)
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", {
        "bos_token_id": BOS_ID,
        "eos_token_id": EOS_ID,
        "pad_token_id": PAD_ID,
        "do_sample": False,
        "max_new_tokens": 48,
    })
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PAD,
        "clean_up_tokenization_spaces": False,
        "model_max_length": MAX_POSITIONS,
    })


def main():
    parser = argparse.ArgumentParser(description="Train the triage model.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--plain-steps", type=int, default=1280, help="steps with plain tickets")
    parser.add_argument("--few-steps", type=int, default=640, help="steps with few frames")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--peak-rate", type=float, default=2e-3)
    parser.add_argument("--warm-up", type=int, default=200)
    parser.add_argument("--token-dropout", type=float, default=0.05)
    parser.add_argument("--check-every", type=int, default=400)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--start", type=Path, help="a model folder to go on from, with its tokenizer")
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--tickets-out", type=Path, default=TICKETS_FILE)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    generate.write_gzip(generate.tickets("test", TEST_SEED, TEST_COUNT), options.tickets_out)
    if options.start:
        tokenizer = Tokenizer.from_file(str(options.start / "tokenizer.json"))
        model = LlamaForCausalLM.from_pretrained(options.start, dtype=torch.float32)
    else:
        tokenizer = train_tokenizer(options.seed)
        model = new_model()
    print(f"{sum(weight.numel() for weight in model.parameters()):,} parameters", flush=True)
    train(model, tokenizer, options)


if __name__ == "__main__":
    main()
