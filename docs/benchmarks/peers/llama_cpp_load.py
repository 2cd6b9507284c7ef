"""Measures llama.cpp's server under the load of `millrace bench`: random prompts of one length, all sent at once."""
import argparse
import concurrent.futures
import json
import random
import subprocess
import time
import urllib.request


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, help="llama-server binary")
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--requests", type=int, default=128)
    parser.add_argument("--input-len", type=int, default=128)
    parser.add_argument("--output-len", type=int, default=64)
    parser.add_argument("--shared-prefix-len", type=int, default=0)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--vocab", type=int, default=49152)
    parser.add_argument("--port", type=int, default=18080)
    return parser.parse_args()


def post(port, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=900) as answer:
        return json.load(answer)


def wait_until_ready(port, server):
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode}; run it by hand to see why")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("the server did not start")


def prompts(arguments, seed, count):
    source = random.Random(seed)
    shared = [source.randrange(arguments.vocab) for _ in range(min(arguments.shared_prefix_len, arguments.input_len))]
    rest = arguments.input_len - len(shared)
    return [shared + [source.randrange(arguments.vocab) for _ in range(rest)] for _ in range(count)]


def measure(arguments, seed, count):
    def ask(prompt):
        body = {"prompt": prompt, "n_predict": arguments.output_len, "ignore_eos": True, "temperature": 0, "cache_prompt": True}
        return post(arguments.port, body)["tokens_predicted"]

    start = time.time()
    with concurrent.futures.ThreadPoolExecutor(arguments.slots) as pool:
        generated = sum(pool.map(ask, prompts(arguments, seed, count)))
    return generated, time.time() - start


def main():
    arguments = parse_arguments()
    context = arguments.slots * (arguments.input_len + arguments.output_len + 16)
    server = subprocess.Popen(
        [arguments.server, "-m", arguments.model, "-c", str(context), "-np", str(arguments.slots), "-t", str(arguments.threads),
         "-tb", str(arguments.threads), "--host", "127.0.0.1", "--port", str(arguments.port), "--no-webui"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(arguments.port, server)
        measure(arguments, 1, min(16, arguments.requests))
        generated, seconds = measure(arguments, 2, arguments.requests)
        print(json.dumps({
            "requests": arguments.requests,
            "outputTokensPerSecond": generated / seconds,
            "totalTokensPerSecond": (generated + arguments.requests * arguments.input_len) / seconds,
            "elapsedSeconds": seconds,
        }))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
