"""Measures the saved model on the test tickets with greedy decoding.

    python evaluate.py                 accuracy on all test tickets
    python evaluate.py --golden        also writes the ids for the Java tests

The weights are stored as bfloat16 and computed with as float32.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import torch
from transformers import AutoTokenizer, LlamaForCausalLM

import generate
from train import EOS_ID, EXAMPLES, MODEL_FOLDER, PAD_ID, TICKETS_FILE

GOLDEN_FILE = EXAMPLES / "src/test/resources/dev/millrace/examples/triage-golden.json"
GOLDEN_COUNT = 20
MAX_NEW_TOKENS = 48


@torch.no_grad()
def generate_ids(model, prompts):
    """Greedy continuations of a batch of prompts, each up to and including EOS."""
    width = max(map(len, prompts))
    # Padding goes in front, so that all prompts end in the same column.
    inputs = torch.tensor([[PAD_ID] * (width - len(ids)) + ids for ids in prompts])
    mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
    output = model.generate(
        input_ids=inputs,
        attention_mask=mask,
        do_sample=False,
        max_new_tokens=MAX_NEW_TOKENS,
        eos_token_id=EOS_ID,
        pad_token_id=PAD_ID,
    )
    return [up_to_eos(row[width:].tolist()) for row in output]


def up_to_eos(ids):
    return ids[: ids.index(EOS_ID) + 1] if EOS_ID in ids else ids


def parse(text):
    """The answer as a dict, or None if it is not one JSON object of the right shape."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) and tuple(value) == generate.FIELDS else None


def answer_all(model, tokenizer, items, batch=32):
    """Answer texts in the order of the items."""
    prompts = [tokenizer(generate.prompt(item))["input_ids"] for item in items]
    order = sorted(range(len(items)), key=lambda index: len(prompts[index]))
    answers = [None] * len(items)
    for at in range(0, len(order), batch):
        chosen = order[at : at + batch]
        for index, ids in zip(chosen, generate_ids(model, [prompts[index] for index in chosen])):
            ended = ids[-1] == EOS_ID
            # An answer that does not end is not valid, whatever it contains.
            answers[index] = tokenizer.decode(ids[:-1]) if ended else ""
    return answers, [len(ids) for ids in prompts]


def report(items, answers, prompt_lengths, show):
    parsed = [parse(text) for text in answers]
    valid = sum(value is not None for value in parsed)
    right = Counter()
    whole = 0
    for item, value in zip(items, parsed):
        hits = [value is not None and value[field] == item[field] for field in generate.FIELDS]
        right.update(field for field, hit in zip(generate.FIELDS, hits) if hit)
        whole += all(hits)
    count = len(items)
    print(f"tickets              {count}")
    print(f"valid JSON           {valid / count:.2%}")
    print(f"fields right         {sum(right.values()) / (count * len(generate.FIELDS)):.2%}")
    for field in generate.FIELDS:
        print(f"  {field:<18} {right[field] / count:.2%}")
    print(f"whole answers right  {whole / count:.2%}")
    ordered = sorted(prompt_lengths)
    print(f"prompt tokens        median {ordered[count // 2]}, 95 % below {ordered[count * 95 // 100]}, longest {ordered[-1]}")
    print_mistakes(items, answers, parsed, show)


def print_mistakes(items, answers, parsed, show):
    for item, text, value in zip(items, answers, parsed):
        if show and (value is None or any(value[field] != item[field] for field in generate.FIELDS)):
            show -= 1
            print(f"\n{generate.prompt(item)}\nwanted {generate.answer(item)}\ngot    {text}")


def write_golden(model, tokenizer, items):
    """Token ids for tests of other implementations: one ticket at a time, no padding."""
    golden = []
    for item in items[:GOLDEN_COUNT]:
        prompt_ids = tokenizer(generate.prompt(item))["input_ids"]
        generated = generate_ids(model, [prompt_ids])[0]
        golden.append({"id": item["id"], "promptTokenIds": prompt_ids, "generatedTokenIds": generated})
    GOLDEN_FILE.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in golden)
    GOLDEN_FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Measure the triage model.")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--tickets", type=Path, default=TICKETS_FILE)
    parser.add_argument("--count", type=int, help="measure only the first so many tickets")
    parser.add_argument("--show", type=int, default=0, help="print so many mistakes")
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = LlamaForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    items = generate.read_gzip(options.tickets)[: options.count]
    answers, prompt_lengths = answer_all(model, tokenizer, items)
    report(items, answers, prompt_lengths, options.show)
    if options.golden:
        write_golden(model, tokenizer, items)


if __name__ == "__main__":
    main()
