"""Greedy continuations of SmolLM2-135M-Instruct by Hugging Face transformers, as goldens for ModelITCase.

The GGUF is dequantized to float32 and run in float32. A prompt is kept only if at every one of its tokens the best logit
leads the second best by at least MIN_MARGIN, so that a difference in summation order cannot turn an equal model into a
different text. The prompts in excess of COUNT make up for those that are left out.
"""

import argparse
import json
import pathlib

import torch
import transformers

COUNT = 20
MAX_TOKENS = 24
MIN_MARGIN = 0.05

TEXTS = [
    "The capital of France is",
    "Water boils at a temperature of",
    "Once upon a time, there was a little girl who",
    "The three primary colors are",
    "def fibonacci(n):\n    ",
    "Photosynthesis is the process by which",
    "To make a cup of tea, you first",
    "1, 2, 3, 4, 5, 6,",
    "The largest planet in our solar system is",
    "Dear Sir or Madam,\n\nI am writing to",
    "In 1969, Neil Armstrong became the first",
    "Q: What is the opposite of hot?\nA:",
    "import numpy as np\n\ndef mean(values):\n",
    "The quick brown fox jumps over the lazy",
    "A triangle has three sides and",
    "Die Hauptstadt von Deutschland ist",
    "El sol es una estrella que",
    "SELECT name, COUNT(*) FROM customers",
    "Shakespeare wrote many plays, including",
    "The chemical symbol for gold is",
    "Monday, Tuesday, Wednesday,",
    "The first president of the United States was",
    "To be, or not to be, that is",
    "<html>\n<head>\n<title>",
    "A, B, C, D, E, F,",
    "2 + 2 = 4\n3 + 3 = 6\n4 + 4 =",
    "Roses are red, violets are",
    "January, February, March,",
    "The human body has 206",
    "My favourite recipe needs two eggs, some flour \u2014 and caf\u00e9 au lait \U0001f950.",
]

CHATS = [
    "What is the capital of Italy?",
    "Name three animals that live in the sea.",
    "Write one sentence about the moon.",
    "What is 2 + 2?",
    "Translate 'good morning' into Spanish.",
    "My router blinks red and the internet is down. What should I do first?",
    "Explain gravity to a child.",
    "Give me a title for a story about a lost dog.",
]


def greedy(model, ids):
    """The tokens, and the smallest lead of the best logit over the second best."""
    tokens, margin = [], float("inf")
    cache, step = None, torch.tensor([ids])
    for _ in range(MAX_TOKENS):
        result = model(input_ids=step, past_key_values=cache, use_cache=True)
        cache = result.past_key_values
        best = torch.topk(result.logits[0, -1], 2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        tokens.append(best.indices[0].item())
        step = best.indices[:1].unsqueeze(0)
    return tokens, margin


def prompts(tokenizer):
    for text in TEXTS:
        yield {"prompt": text}, tokenizer(text)["input_ids"]
    for text in CHATS:
        messages = [{"role": "user", "content": text}]
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
        yield {"messages": messages}, ids


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()

    source = {"pretrained_model_name_or_path": args.gguf.parent, "gguf_file": args.gguf.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
    model = transformers.AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32).eval()

    kept, left_out = [], []
    with torch.no_grad():
        for prompt, ids in prompts(tokenizer):
            tokens, margin = greedy(model, ids)
            if margin < MIN_MARGIN:
                left_out.append(prompt | {"smallestMargin": round(margin, 4)})
                continue
            golden = {"promptTokenIds": ids, "tokenIds": tokens, "text": tokenizer.decode(tokens)}
            kept.append(prompt | golden | {"smallestMargin": round(margin, 4)})
    chats = [golden for golden in kept if "messages" in golden][:6]
    texts = [golden for golden in kept if "prompt" in golden][: COUNT - len(chats)]
    if len(chats) + len(texts) < COUNT:
        raise SystemExit(f"only {len(chats) + len(texts)} prompts have a margin of {MIN_MARGIN}")

    args.out.write_text(
        json.dumps(
            {
                "model": args.gguf.name,
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "dtype": "float32",
                "maxTokens": MAX_TOKENS,
                "minMargin": MIN_MARGIN,
                "leftOutForTheirMargin": left_out,
                "goldens": texts + chats,
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
