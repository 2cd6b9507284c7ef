package dev.millrace.engine;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads an {@link EngineConfig} from options as users write them, and checks one: the one place where that happens. */
public final class EngineOptions {
    /** A typing error changes a key by this many letters at most. */
    private static final int MAX_DISTANCE = 4;

    private EngineOptions() {}

    /**
     * The defaults with {@code options} on top.
     *
     * @throws InvalidRequestException for the first unknown key or value that is not allowed
     */
    public static EngineConfig parse(Map<String, String> options) {
        return parse(options, EngineConfig.defaults());
    }

    /**
     * {@code base} with {@code options} on top.
     *
     * @throws InvalidRequestException for the first unknown key or value that is not allowed
     */
    public static EngineConfig parse(Map<String, String> options, EngineConfig base) {
        Map<EngineOption, Object> values = new EnumMap<>(EngineOption.class);
        for (EngineOption option : EngineOption.values()) {
            values.put(option, option.value(base));
        }
        options.forEach(
                (key, text) -> {
                    EngineOption option = option(key);
                    values.put(option, value(option, text));
                });
        return config(values);
    }

    /**
     * Checks a configuration that was not read from options.
     *
     * @throws InvalidRequestException for the first value that no option can have
     */
    public static void check(EngineConfig config) {
        for (EngineOption option : EngineOption.values()) {
            Object unused = value(option, option.text(config));
        }
    }

    private static EngineOption option(String key) {
        for (EngineOption option : EngineOption.values()) {
            if (option.key().equals(key)) {
                return option;
            }
        }
        throw new InvalidRequestException(
                new Problem(
                        EngineError.UNKNOWN_OPTION,
                        "engine options",
                        "unknown option '" + key + "'",
                        allKeys(),
                        remedy(key)));
    }

    private static String allKeys() {
        return "one of "
                + Arrays.stream(EngineOption.values())
                        .map(EngineOption::key)
                        .collect(Collectors.joining(", "));
    }

    private static String remedy(String key) {
        String nearest = null;
        int least = MAX_DISTANCE + 1;
        for (EngineOption option : EngineOption.values()) {
            int distance = distance(key, option.key());
            if (distance < least) {
                least = distance;
                nearest = option.key();
            }
        }
        return nearest == null ? "Leave it out" : "Did you mean '" + nearest + "'?";
    }

    /** Letters to insert, delete or replace to get from one word to the other (Levenshtein). */
    private static int distance(String a, String b) {
        if (a.length() > b.length() + MAX_DISTANCE) {
            return MAX_DISTANCE + 1;
        }
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }

    private static Object value(EngineOption option, String text) {
        Object value = option.parse(text);
        if (value == null) {
            throw new InvalidRequestException(
                    new Problem(
                            EngineError.INVALID_OPTION,
                            option.key(),
                            "'" + text + "'",
                            option.allowed(),
                            "The default is " + option.defaultText()));
        }
        return value;
    }

    private static EngineConfig config(Map<EngineOption, Object> values) {
        return new EngineConfig(
                (String) values.get(EngineOption.DEVICE),
                (Integer) values.get(EngineOption.THREADS),
                (ComputePrecision) values.get(EngineOption.COMPUTE_PRECISION),
                (ActivationQuantization) values.get(EngineOption.ACTIVATION_QUANTIZATION),
                (WeightRounding) values.get(EngineOption.QUANTIZATION),
                (Integer) values.get(EngineOption.MAX_NUM_SEQS),
                (Integer) values.get(EngineOption.MAX_NUM_BATCHED_TOKENS),
                (Integer) values.get(EngineOption.MAX_MODEL_LEN),
                (Integer) values.get(EngineOption.BLOCK_SIZE),
                (Long) values.get(EngineOption.KV_CACHE_MEMORY),
                (KvCacheDtype) values.get(EngineOption.KV_CACHE_DTYPE),
                (Double) values.get(EngineOption.GPU_MEMORY_UTILIZATION),
                (Boolean) values.get(EngineOption.PREFIX_CACHING),
                (Long) values.get(EngineOption.MAX_WAITING_TOKENS),
                (Integer) values.get(EngineOption.QUEUE_CAPACITY),
                (Duration) values.get(EngineOption.MAX_WAIT),
                (Duration) values.get(EngineOption.STEP_TIMEOUT));
    }
}
