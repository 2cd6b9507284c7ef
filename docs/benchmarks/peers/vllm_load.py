"""Measures vLLM on the CPU under the load of `millrace bench`: random prompts of one length, all at once, greedy."""
import argparse
import json
import os
import random
import time

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True, help="folder of a checkpoint")
parser.add_argument("--requests", type=int, default=128)
parser.add_argument("--input-len", type=int, default=128)
parser.add_argument("--output-len", type=int, default=64)
parser.add_argument("--shared-prefix-len", type=int, default=0)
parser.add_argument("--max-num-seqs", type=int, default=128)
parser.add_argument("--vocab", type=int, default=49152)
arguments = parser.parse_args()

# In one process, on all processors; two gigabytes of keys and values.
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")

from vllm import LLM, SamplingParams  # noqa: E402


def prompts(seed, count):
    source = random.Random(seed)
    shared = [source.randrange(arguments.vocab) for _ in range(min(arguments.shared_prefix_len, arguments.input_len))]
    rest = arguments.input_len - len(shared)
    return [{"prompt_token_ids": shared + [source.randrange(arguments.vocab) for _ in range(rest)]} for _ in range(count)]


def measure(engine, seed, count):
    sampling = SamplingParams(temperature=0, max_tokens=arguments.output_len, ignore_eos=True, detokenize=False)
    start = time.time()
    answers = engine.generate(prompts(seed, count), sampling, use_tqdm=False)
    return sum(len(answer.outputs[0].token_ids) for answer in answers), time.time() - start


engine = LLM(
    model=arguments.model,
    dtype="bfloat16",
    enforce_eager=True,
    skip_tokenizer_init=True,
    enable_prefix_caching=True,
    max_model_len=arguments.input_len + arguments.output_len + 16,
    max_num_seqs=arguments.max_num_seqs,
)
measure(engine, 1, arguments.requests)
generated, seconds = measure(engine, 2, arguments.requests)
print(json.dumps({
    "requests": arguments.requests,
    "outputTokensPerSecond": generated / seconds,
    "totalTokensPerSecond": (generated + arguments.requests * arguments.input_len) / seconds,
    "elapsedSeconds": seconds,
}))
