"""The times of llguidance and xgrammar for the schemas and answers of dev.millrace.engine.grammar.GrammarBenchmark.

Usage: grammar.py RANKS SIZE ANSWERS LIMIT [llguidance|xgrammar ...]
Recipe: python3 -m venv peers; peers/bin/pip install llguidance==1.9.1 xgrammar==0.2.8 numpy==2.3.2 torch==2.13.0
One thread. A schema that a peer refuses is counted; an answer ends where a peer does not take its next token (other key order,
other white space), which is counted too. Schemas run in a process of their own: one that takes more than LIMIT seconds with its answers
is named and left out, and a new process goes on behind it.
"""

import base64
import multiprocessing
import queue
import sys
import time


def vocabulary(path, size):
    tokens = [b""] * size
    for line in open(path, encoding="ascii"):
        token, rank = line.split()
        if int(rank) < size:
            tokens[int(rank)] = base64.b64decode(token)
    return tokens


def answers(path):
    by_set = {}
    for line in open(path, encoding="utf-8"):
        name, schema, ids = line.rstrip("\n").split("\t")
        by_set.setdefault(name, {}).setdefault(schema, []).append([int(i) for i in ids.split()])
    return by_set


def report(what, seconds):
    micros = sorted(1e6 * s for s in seconds)
    if not micros:
        print(f"{what}: none")
        return

    def at(share):
        return micros[min(len(micros) - 1, int(share * len(micros)))]

    print(
        f"{what}: n {len(micros)}, p50 {at(.5):.1f}, p99 {at(.99):.1f}, p99.9 {at(.999):.1f}, max {micros[-1]:.1f},"
        f" mean {sum(micros) / len(micros):.1f} us"
    )


class LlGuidance:
    def __init__(self, tokens):
        import llguidance
        import llguidance.numpy

        self.module = llguidance

        class Wrapped:
            eos_token_id = len(tokens)
            bos_token_id = None
            special_token_ids = [len(tokens)]

            def __init__(self):
                self.tokens = tokens + [b"<|end|>"]

            def __call__(self, text):
                return [tokens.index(bytes([b])) for b in (text if isinstance(text, bytes) else text.encode())]

        self.tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(Wrapped()))
        self.bitmask = llguidance.numpy.allocate_token_bitmask(1, self.tokenizer.vocab_size)

    def start(self, schema):
        grammar = self.module.LLMatcher.grammar_from_json_schema(schema)
        matcher = self.module.LLMatcher(self.tokenizer, grammar)
        return None if matcher.is_error() else matcher

    def mask(self, matcher):
        self.module.numpy.fill_next_token_bitmask(matcher, self.bitmask)

    def take(self, matcher, token):
        return matcher.consume_token(token)


class XGrammar:
    def __init__(self, tokens):
        import xgrammar

        self.module = xgrammar
        info = xgrammar.TokenizerInfo(
            tokens + [b"<|end|>"],
            xgrammar.VocabType.RAW,
            vocab_size=len(tokens) + 1,
            stop_token_ids=[len(tokens)],
        )
        self.compiler = xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=False)
        self.bitmask = xgrammar.allocate_token_bitmask(1, info.vocab_size)

    def start(self, schema):
        try:
            return self.module.GrammarMatcher(self.compiler.compile_json_schema(schema))
        except RuntimeError:
            return None

    def mask(self, matcher):
        matcher.fill_next_token_bitmask(self.bitmask)

    def take(self, matcher, token):
        return matcher.accept_token(token)


def measure(peer, schema, texts):
    """Seconds until the first mask and of each mask, and answers that were cut; None if the schema is refused."""
    begin = time.perf_counter()
    matcher = peer.start(schema)
    if matcher is None:
        return None
    peer.mask(matcher)
    first, masks, cut = time.perf_counter() - begin, [], 0
    for ids in texts:
        matcher = peer.start(schema)
        for token in ids:
            begin = time.perf_counter()
            peer.mask(matcher)
            masks.append(time.perf_counter() - begin)
            if not peer.take(matcher, token):
                cut += 1
                break
    return first, masks, cut


def work(name, tokens, tasks, results):
    peer = PEERS[name](tokens)
    measure(peer, '{"type": "object", "properties": {"a": {"type": "string"}}}', [[]])
    results.put("ready")
    while True:
        results.put(measure(peer, *tasks.get()))


class Worker:
    def __init__(self, name, tokens):
        self.tasks, self.results = multiprocessing.Queue(), multiprocessing.Queue()
        arguments = (name, tokens, self.tasks, self.results)
        self.process = multiprocessing.Process(target=work, args=arguments, daemon=True)
        self.process.start()
        self.results.get()

    def measure(self, task, limit):
        self.tasks.put(task)
        try:
            return self.results.get(timeout=limit)
        except queue.Empty:
            return "late"

    def stop(self):
        self.process.kill()
        self.process.join()


def run(name, tokens, schemas, limit):
    worker = Worker(name, tokens)
    first, masks, refused, cut, late = [], [], 0, 0, []
    for schema, texts in schemas.items():
        result = worker.measure((schema, texts), limit)
        if result is None:
            refused += 1
        elif result == "late":
            late.append(schema)
            worker.stop()
            worker = Worker(name, tokens)
        else:
            first.append(result[0])
            masks += result[1]
            cut += result[2]
    worker.stop()
    report("first mask, with the schema's compilation", first)
    report("mask", masks)
    print(f"schemas refused: {refused} of {len(schemas)}; answers not taken to their end: {cut}")
    for schema in late:
        print(f"not done in {limit} s: {schema}")


PEERS = {"llguidance": LlGuidance, "xgrammar": XGrammar}


def main():
    tokens = vocabulary(sys.argv[1], int(sys.argv[2]))
    for name in sys.argv[5:] or PEERS:
        for kind, schemas in answers(sys.argv[3]).items():
            print(f"{name}, {kind} schemas", flush=True)
            run(name, tokens, schemas, float(sys.argv[4]))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
