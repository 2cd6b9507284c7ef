#!/usr/bin/env python3
"""Perplexity of a model over texts, under several arithmetics of the CPU backend.

    python3 docs/benchmarks/perplexity.py --model MODEL FILE... [--tokens 20000] [--set-of compute-precision=bfloat16]...

Each file is cut into passages of 4,000 characters, each scored from an empty context by `./millrace score`. The first setting is
what the others are compared with; without --set-of they are float32, bfloat16, and bfloat16 with weights rounded to int8.
"""
import argparse
import json
import math
import pathlib
import subprocess

MILLRACE = pathlib.Path(__file__).resolve().parents[2] / "millrace"
PASSAGE = 4000
SETTINGS = ["compute-precision=float32", "compute-precision=bfloat16", "compute-precision=bfloat16,quantization=int8"]


def passages(files):
    for file in files:
        text = pathlib.Path(file).read_text(encoding="utf-8", errors="replace")
        for start in range(0, len(text), PASSAGE):
            yield text[start : start + PASSAGE]


def score(millrace, model, texts, setting):
    command = [millrace, "score", "--model", model, "--output", "json", "--set", "device=cpu"]
    for option in setting.split(","):
        command += ["--set", option]
    for text in texts:
        command += ["--prompt", text]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--tokens", type=int, default=20000, help="stop after this many (default: 20000)")
    parser.add_argument("--set-of", action="append", help="options of one setting, separated by commas")
    parser.add_argument("--millrace", default=str(MILLRACE))
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    texts = list(passages(arguments.files))
    first = None
    for setting in arguments.set_of or SETTINGS:
        count, nll = 0, 0.0
        for result in score(arguments.millrace, arguments.model, texts, setting):
            for logprob in result["logprobs"]:
                if logprob is not None and count < arguments.tokens:
                    count += 1
                    nll -= logprob
        perplexity = math.exp(nll / count)
        first = first or perplexity
        print(f"{setting}: {count} tokens, perplexity {perplexity:.4f}, {100 * (perplexity / first - 1):+.3f} %", flush=True)


if __name__ == "__main__":
    main()
