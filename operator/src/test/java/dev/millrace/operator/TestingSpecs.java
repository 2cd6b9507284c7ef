package dev.millrace.operator;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineError;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Output;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.TokenIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records that are strings, requests made of their characters, results that name record and tokens. */
final class TestingSpecs {
    /** Records that begin so are refused by the request function. */
    static final String BAD = "bad";

    private TestingSpecs() {}

    static OperatorOptions options(int maxInFlight) {
        return new OperatorOptions(
                maxInFlight,
                Duration.ZERO,
                Duration.ZERO,
                OnModelChange.FAIL,
                OnEngineFailure.FAIL_TASK);
    }

    static LlmSpec<String, String> spec(EngineProvider provider, OperatorOptions options) {
        return new LlmSpec<>(provider, TestingSpecs::request, TestingSpecs::result, options);
    }

    /** Between 4 and 28 tokens, by the record; every third one has two outputs with log-probabilities. */
    static Request request(String record) {
        return request(record, 4 + Math.floorMod(record.hashCode(), 25));
    }

    static Request request(String record, int maxTokens) {
        if (record.startsWith(BAD)) {
            throw new InvalidRequestException(
                    new Problem(
                            EngineError.EMPTY_PROMPT, "prompt", "nothing", "text", "Write one"));
        }
        boolean plain = Math.floorMod(record.hashCode(), 3) != 0;
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(plain ? 0 : 1)
                        .seed(record.hashCode())
                        .n(plain ? 1 : 2)
                        .logprobs(plain ? -1 : 0)
                        .maxTokens(maxTokens)
                        .ignoreEos(true)
                        .build();
        return Request.of(record, new Prompt.Tokens(tokens(record)), sampling);
    }

    private static TokenIds tokens(String record) {
        return TokenIds.of(record.chars().map(c -> 3 + c % 50).toArray());
    }

    static String result(String record, Completion completion) {
        StringBuilder result = new StringBuilder(record).append(" ->");
        for (Output output : completion.outputs()) {
            result.append(' ').append(output.tokenIds()).append(output.logprobs());
        }
        return result.toString();
    }

    static List<String> records(int count) {
        List<String> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add("record-" + i);
        }
        return records;
    }

    /** What each record's result must be, by an undisturbed engine; closes it. */
    static Map<String, String> expected(LlmEngine engine, List<String> records) {
        try (engine) {
            Map<String, String> results = new LinkedHashMap<>();
            for (String record : records) {
                Completion completion = engine.submit(request(record)).join();
                results.put(record, result(record, completion));
            }
            return results;
        }
    }
}
