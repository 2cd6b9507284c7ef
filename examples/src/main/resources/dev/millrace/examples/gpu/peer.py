"""What PyTorch reaches on this GPU: a copy, and the matrix products of a model through cuBLAS. The yardstick of gpu-bench.

Reads {"products": [{"n": 4096, "k": 4096, "rows": 512, "kind": "bf16"}, ...]} from the file that is named, kinds bf16, fp8 and
int8, and prints {"torch": ..., "copyBytesPerSecond": ..., "products": [{..., "milliseconds": ...}]}, null where PyTorch refuses. Inputs are
normally distributed, as the clock follows the power that the numbers need. Weights are taken in turn, so that none stays in a cache.
"""
import json
import sys

import torch

CACHE_BYTES = 200 << 20
SECONDS = 0.02


def milliseconds(run):
    """Of one call, by events around as many as fill the time."""
    for _ in range(3):
        run()
    repeats = 1
    while True:
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(repeats):
            run()
        end.record()
        torch.cuda.synchronize()
        total = start.elapsed_time(end)
        if total >= SECONDS * 1e3 or repeats >= 1 << 14:
            return total / repeats
        repeats *= 4


def copy_rate():
    source = torch.randn(1 << 28, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.numel() * 4 / (milliseconds(lambda: target.copy_(source)) * 1e-3)


def in_turn(weights):
    while True:
        yield from weights


def product(n, k, rows, kind):
    x = torch.randn(rows, k, device="cuda", dtype=torch.bfloat16)
    size = n * k * (2 if kind == "bf16" else 1)
    copies = max(1, min(8, CACHE_BYTES // size))
    weights = [torch.randn(n, k, device="cuda", dtype=torch.bfloat16) / k**0.5 for _ in range(copies)]
    if kind == "bf16":
        turn = in_turn(weights)
        return lambda: torch.nn.functional.linear(x, next(turn))
    if kind == "fp8":
        x8 = x.to(torch.float8_e4m3fn)
        turn = in_turn([w.to(torch.float8_e4m3fn) for w in weights])
        one = torch.ones((), device="cuda")
        return lambda: torch._scaled_mm(x8, next(turn).t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)
    x8 = (x * 30).clamp(-127, 127).to(torch.int8)
    turn = in_turn([(w * k**0.5 * 30).clamp(-127, 127).to(torch.int8) for w in weights])
    return lambda: torch._int_mm(x8, next(turn).t())


def measured(case):
    try:
        time = milliseconds(product(case["n"], case["k"], case["rows"], case["kind"]))
    except RuntimeError as refusal:
        return {**case, "milliseconds": None, "reason": str(refusal)[:200]}
    return {**case, "milliseconds": time}


def main():
    if not torch.cuda.is_available():
        sys.exit("PyTorch " + torch.__version__ + " sees no GPU")
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)["products"]
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "cuda": torch.version.cuda,
                "copyBytesPerSecond": copy_rate(),
                "products": [measured(case) for case in cases],
            }
        )
    )


main()
