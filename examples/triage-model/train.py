"""Trains the tokenizer and the triage model, and writes them with the test tickets.

    python train.py                    the full run; writes below examples/src
    python train.py --share 0.1 --out try --tickets-out try/tickets.jsonl.gz

The training goes from tickets of one sentence to whole ones. Every step sees new
tickets, so no ticket is learned twice. The loss counts on tokens of the answer only.
Everything random is drawn from the seed.
"""

import argparse
import copy
import itertools
import json
import random
import resource
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import torch
import torch.multiprocessing
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from torch.nn.utils import parameters_to_vector, vector_to_parameters
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


class Stage(NamedTuple):
    """A part of the training: its steps, the weights of the shapes of tickets, whether
    the tickets are without typing mistakes, and the share of hidden tokens."""

    steps: int
    shapes: dict
    clean: bool
    hidden: float


# What decides a label is learned from one sentence many times sooner than from whole
# tickets, in which it is one of ten. With whole tickets alone, the model was still at
# chance for priority and sentiment after 800 steps.
STAGES = (
    Stage(500, {"short": 1}, clean=True, hidden=0.1),
    Stage(600, {"short": 1, "plain": 2}, clean=False, hidden=0.1),
    Stage(4500, {"short": 1, "plain": 1, "full": 8}, clean=False, hidden=0.05),
)

# Processes of one thread that train on different tickets, and average their weights
# every few steps (local SGD, Stich 2018). On a busy machine, two threads on matrices as
# small as these mostly waited for each other.
WORKERS = 2
AVERAGE_EVERY = 10
# The batch of a worker has about so many tokens, padding included.
BATCH_TOKENS = 1536
POOL = 2048

# Share of the tokens that are the same in all answers, as keys and quotes, on which a
# step learns: these are easy, and each place costs work in the last layer.
FIXED_TOKENS_SHARE = 0.2

WEIGHT_DECAY = 0.05

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


def encode(tokenizer, items):
    """Pairs (prompt ids with BOS, answer ids with EOS)."""
    prompts = tokenizer.encode_batch([generate.prompt(item) for item in items])
    answers = tokenizer.encode_batch([generate.answer(item) for item in items], add_special_tokens=False)
    return [(prompt.ids, answer.ids + [EOS_ID]) for prompt, answer in zip(prompts, answers)]


def merged_parts(tokenizer):
    """For each token that a merge makes, the two that it merges."""
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return {tokenizer.token_to_id(a + b): (tokenizer.token_to_id(a), tokenizer.token_to_id(b)) for a, b in merges}


def take_apart(rng, parts, ids, share):
    """Undoes this share of the merges, as typing mistakes do. The tokenizer's own
    dropout does the like, but takes no seed."""
    for token in ids:
        if token in parts and rng.random() < share:
            yield from take_apart(rng, parts, parts[token], share)
        else:
            yield token


def fixed_tokens(tokenizer):
    """The tokens that every answer has: keys, quotes and the end."""
    values = itertools.product(generate.CATEGORIES, generate.PRIORITIES, generate.SENTIMENTS, generate.LANGUAGES)
    answers = [generate.answer(dict(zip(generate.FIELDS, chosen))) for chosen in values]
    encoded = tokenizer.encode_batch(answers, add_special_tokens=False)
    return set.intersection(*(set(answer.ids) for answer in encoded)) | {EOS_ID}


def tensors(pairs, is_learned=lambda token: True):
    """Inputs padded at the end, and targets that are -100 outside the answer and at
    tokens that are not learned now."""
    width = max(map(length, pairs)) - 1
    inputs = torch.full((len(pairs), width), PAD_ID)
    targets = torch.full((len(pairs), width), -100)
    for row, (prompt, answer) in enumerate(pairs):
        ids = torch.tensor(prompt + answer)
        inputs[row, : len(ids) - 1] = ids[:-1]
        learned = [token if is_learned(token) else -100 for token in answer]
        targets[row, len(prompt) - 1 : len(ids) - 1] = torch.tensor(learned)
    return inputs, targets


def length(pair):
    prompt, answer = pair
    return len(prompt) + len(answer)


def grouped(pairs):
    """Groups of pairs of like length, each of BATCH_TOKENS tokens at most. Those left
    over are not used."""
    group = []
    for pair in sorted(pairs, key=length):
        if (len(group) + 1) * length(pair) > BATCH_TOKENS:
            yield group
            group = []
        group.append(pair)


def hide(rng, pairs, share):
    """Hides tokens of the prompts, in each ticket up to twice the share of them, so
    that no label hangs on a single word."""
    for prompt, answer in pairs:
        rate = rng.uniform(0, 2 * share)
        middle = [PAD_ID if rng.random() < rate else token for token in prompt[1:-1]]
        yield prompt[:1] + middle + prompt[-1:], answer


def batches(tokenizer, options, worker):
    """The batches of all stages for one worker, of new tickets."""
    rng = random.Random(f"{options.seed}/{worker}")
    fixed = fixed_tokens(tokenizer)
    parts = merged_parts(tokenizer)
    numbers = itertools.count(FIRST_FOR_TRAINING + worker, WORKERS)

    def is_learned(token):
        return token not in fixed or rng.random() < FIXED_TOKENS_SHARE

    def pool(stage):
        shapes = rng.choices(tuple(stage.shapes), tuple(stage.shapes.values()), k=POOL)
        items = [generate.ticket("train", options.seed, next(numbers), shape, stage.clean) for shape in shapes]
        pairs = encode(tokenizer, items)
        if not stage.clean:
            pairs = [(list(take_apart(rng, parts, prompt, options.token_dropout)), answer) for prompt, answer in pairs]
        groups = list(grouped(hide(rng, pairs, stage.hidden)))
        rng.shuffle(groups)
        return groups

    for stage in options.stages:
        groups = itertools.chain.from_iterable(pool(stage) for _ in itertools.count())
        for group in itertools.islice(groups, stage.steps):
            yield tensors(group, is_learned)


def answer_places(targets):
    """Columns of the tokens to learn, one row per ticket; shorter rows repeat their
    last column. The second result tells the real ones from the repeated ones."""
    chosen = targets != -100
    lengths = chosen.sum(dim=1, keepdim=True)
    columns = chosen.int().argsort(dim=1, descending=True, stable=True)
    steps = torch.arange(int(lengths.max()))[None, :]
    return columns.gather(1, torch.minimum(steps, lengths - 1)), steps < lengths


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
    """Logits and targets at the tokens to learn only. Padding is at the end, so the
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


def rate_share(step, steps, options):
    """The share of the peak rate: up in the warm-up, and down to zero in the end."""
    return min(1, (step + 1) / options.warm_up, (steps - step) / (options.decay * steps))


def new_optimizers(model, options):
    """Muon (Jordan et al. 2024) for the matrices of the layers, which learned the short
    tickets in two thirds of the steps that AdamW took, and AdamW for the rest."""
    layers = [weight for weight in model.model.layers.parameters() if weight.dim() > 1]
    vectors = [weight for weight in model.parameters() if weight.dim() == 1]
    embeddings = list(model.model.embed_tokens.parameters())
    groups = [{"params": embeddings, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return (
        torch.optim.Muon(layers, lr=options.muon_rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(groups, lr=options.adam_rate, betas=(0.9, 0.98), fused=True),
    )


@torch.no_grad()
def average_weights(model, worker, shared, barrier):
    """Gives all workers the mean of their weights, with the same bits: all add in the
    same order."""
    shared[worker] = parameters_to_vector(model.parameters())
    barrier.wait()
    vector_to_parameters(shared.mean(dim=0), model.parameters())
    barrier.wait()


def train(worker, tokenizer_json, options, shared, barrier):
    """The work of one worker; the first one reports and saves."""
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    tokenizer = Tokenizer.from_str(tokenizer_json)
    model = new_model()
    optimizers = new_optimizers(model, options)
    peaks = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    steps = sum(stage.steps for stage in options.stages)
    report = Report(tokenizer, options, steps) if worker == 0 else None
    model.train()
    for step, (inputs, targets) in enumerate(batches(tokenizer, options, worker)):
        logits, wanted, _ = answer_logits(model, inputs, targets)
        loss = cross_entropy(logits, wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, peak in zip(optimizers, peaks):
            for group in optimizer.param_groups:
                group["lr"] = peak * rate_share(step, steps, options)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        done = step + 1
        if done % AVERAGE_EVERY == 0 or done == steps:
            average_weights(model, worker, shared, barrier)
        if report:
            report.after(done, model, loss.item())


class Report:
    """Prints how the training goes, and saves the model now and then."""

    def __init__(self, tokenizer, options, steps):
        items = generate.tickets("dev", options.seed, CHECK_COUNT, FIRST_FOR_CHECKS)
        pairs = sorted(encode(tokenizer, items), key=length)
        self.check_batches = [tensors(pairs[at : at + 32]) for at in range(0, CHECK_COUNT, 32)]
        self.tokenizer, self.options, self.steps = tokenizer, options, steps
        self.start = time.time()
        self.mean_loss = None

    def after(self, done, model, loss):
        self.mean_loss = loss if self.mean_loss is None else 0.98 * self.mean_loss + 0.02 * loss
        if done % 50 == 0:
            print(f"step {done} loss {self.mean_loss:.4f} {time.time() - self.start:.0f} s, processor time of this worker {time.process_time():.0f} s", flush=True)
        if done % self.options.check_every == 0 or done == self.steps:
            print(f"step {done}: right on dev frames: {accuracy(model, self.tokenizer, self.check_batches)}", flush=True)
            # An interrupted run leaves its last model behind.
            save(model, self.tokenizer, self.options.out)


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
    parser.add_argument("--share", type=float, default=1, help="share of the steps of every stage, for a try")
    parser.add_argument("--muon-rate", type=float, default=3e-3)
    parser.add_argument("--adam-rate", type=float, default=2e-3)
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--decay", type=float, default=0.6, help="share of the steps in which the rate falls")
    parser.add_argument("--token-dropout", type=float, default=0.05)
    parser.add_argument("--check-every", type=int, default=400)
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--tickets-out", type=Path, default=TICKETS_FILE)
    options = parser.parse_args()
    options.stages = [stage._replace(steps=round(stage.steps * options.share)) for stage in STAGES]

    start = time.time()
    generate.write_gzip(generate.tickets("test", TEST_SEED, TEST_COUNT), options.tickets_out)
    tokenizer = train_tokenizer(options.seed)
    count = sum(weight.numel() for weight in new_model().parameters())
    print(f"{count:,} parameters", flush=True)
    shared = torch.zeros(WORKERS, count).share_memory_()
    barrier = torch.multiprocessing.get_context("spawn").Barrier(WORKERS)
    torch.multiprocessing.spawn(train, (tokenizer.to_str(), options, shared, barrier), WORKERS)
    print(f"done in {time.time() - start:.0f} s, with {processor_time():.0f} s of processor time")


def processor_time():
    """Seconds of processor time of this process and of its workers that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
