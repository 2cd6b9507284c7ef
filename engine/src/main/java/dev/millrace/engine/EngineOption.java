package dev.millrace.engine;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import java.time.Duration;
import java.util.Locale;

/** One engine option: its key, what it is for, and how its value is written. The list is the documentation's. */
public enum EngineOption {
    DEVICE(
            "device",
            "Where the model runs: `auto` is a GPU of Flink's external resource, else the one with the most free memory, or the CPU where no GPU can be used.",
            "auto, cpu, cuda or cuda:N"),
    THREADS(
            "threads",
            "Threads of the CPU backend, the engine thread included; by default one for each processor.",
            "an integer from 1 to 1024"),
    COMPUTE_PRECISION(
            "compute-precision",
            "Arithmetic of the CPU backend: `float32` on the weights as stored, `bfloat16` for weights, activations, keys and"
                    + " values with sums in float32 (AVX-512 BF16 or AMX), or `auto`: bfloat16 where the processor multiplies it,"
                    + " unless the checkpoint is float32 or float16.",
            "auto, float32 or bfloat16"),
    ACTIVATION_QUANTIZATION(
            "activation-quantization",
            "Whether activations are rounded to 8 bits for weights that were made for it: as the `checkpoint` says, or `off`; `auto` is `checkpoint` on a GPU,"
                    + " on the CPU for W8A8 weights with `compute-precision: bfloat16`, and `off` elsewhere.",
            "auto, checkpoint or off"),
    QUANTIZATION(
            "quantization",
            "What the CPU backend rounds the weights to as it loads them: `checkpoint` for no more than the precision asks for,"
                    + " `int8` with a scale for each output and activations rounded token by token, both rotated before, `fp8` for products in bfloat16.",
            "checkpoint, int8 or fp8"),
    MAX_NUM_SEQS("max-num-seqs", "Most sequences in one step.", "an integer from 1 to 4096"),
    MAX_NUM_BATCHED_TOKENS(
            "max-num-batched-tokens",
            "Most tokens in one step; longer prompts are computed in chunks.",
            "an integer from 1 to 1048576"),
    MAX_MODEL_LEN(
            "max-model-len",
            "Most tokens of prompt and answer together; 0 for what the model allows.",
            "an integer from 0 to 16777216"),
    BLOCK_SIZE(
            "block-size",
            "Tokens in one block of the KV cache: fewer waste less memory, more are looked up faster.",
            "a multiple of 8 from 8 to 256"),
    KV_CACHE_MEMORY(
            "kv-cache-memory",
            "Memory for the keys and values of all sequences; `auto` is what a GPU has left, and 512m on the CPU.",
            "auto, or a size of at least 1 byte, for instance 512m or 2g"),
    KV_CACHE_DTYPE(
            "kv-cache-dtype",
            "How keys and values are stored: `auto` is the type of the activations, `fp8` is 8 bits (e4m3) with a scale for each head, on"
                    + " a GPU, `int8` is 8 bits with a scale for each token and head, on the CPU.",
            "auto, fp8 or int8"),
    GPU_MEMORY_UTILIZATION(
            "gpu-memory-utilization",
            "Share of a GPU's memory for weights, activations, keys and values together.",
            "a number above 0, at most 1"),
    PREFIX_CACHING(
            "prefix-caching",
            "Keep the blocks of finished sequences for prompts that begin alike.",
            "true or false"),
    MAX_WAITING_TOKENS(
            "max-waiting-tokens",
            "Prompt tokens that may wait; from there on the engine refuses and says when to come back.",
            "an integer of at least 1"),
    QUEUE_CAPACITY(
            "queue-capacity",
            "Requests that may wait for the engine thread to take them.",
            "an integer from 1 to 1048576"),
    MAX_WAIT(
            "max-wait",
            "Longest time for which a request is passed over by others that suit the batch better.",
            "a duration, for instance 500ms, 30s or 5m"),
    STEP_TIMEOUT(
            "step-timeout",
            "Longest time for one step; an engine that takes longer counts as hung and fails.",
            "a duration of at least 1ms, for instance 30s or 10m");

    private final String key;
    private final String description;
    private final String allowed;

    EngineOption(String key, String description, String allowed) {
        this.key = key;
        this.description = description;
        this.allowed = allowed;
    }

    /** Name in files and on the command line. */
    public String key() {
        return key;
    }

    /** What it is for. */
    public String description() {
        return description;
    }

    /** Which values it takes. */
    public String allowed() {
        return allowed;
    }

    Object value(EngineConfig config) {
        return switch (this) {
            case DEVICE -> config.device();
            case THREADS -> config.threads();
            case COMPUTE_PRECISION -> config.computePrecision();
            case ACTIVATION_QUANTIZATION -> config.activationQuantization();
            case QUANTIZATION -> config.quantization();
            case MAX_NUM_SEQS -> config.maxNumSeqs();
            case MAX_NUM_BATCHED_TOKENS -> config.maxNumBatchedTokens();
            case MAX_MODEL_LEN -> config.maxModelLen();
            case BLOCK_SIZE -> config.blockSize();
            case KV_CACHE_MEMORY -> config.kvCacheBytes();
            case KV_CACHE_DTYPE -> config.kvCacheDtype();
            case GPU_MEMORY_UTILIZATION -> config.gpuMemoryUtilization();
            case PREFIX_CACHING -> config.prefixCaching();
            case MAX_WAITING_TOKENS -> config.maxWaitingTokens();
            case QUEUE_CAPACITY -> config.queueCapacity();
            case MAX_WAIT -> config.maxWait();
            case STEP_TIMEOUT -> config.stepTimeout();
        };
    }

    /** Its value in {@code config} as a user would write it. */
    public String text(EngineConfig config) {
        Object value = value(config);
        if (value instanceof Enum<?> choice) {
            return choice.name().toLowerCase(Locale.ROOT);
        }
        if (value instanceof Duration duration) {
            return OptionValues.durationText(duration);
        }
        return this == KV_CACHE_MEMORY
                ? OptionValues.sizeText((Long) value)
                : String.valueOf(value);
    }

    /** Its default as a user would write it. */
    public String defaultText() {
        return text(EngineConfig.defaults());
    }

    /** The value that {@code text} means; null if it means none. */
    Object parse(String text) {
        try {
            return parseOrThrow(text.strip());
        } catch (ArithmeticException | IllegalArgumentException e) {
            return null;
        }
    }

    private Object parseOrThrow(String text) {
        return switch (this) {
            case DEVICE -> OptionValues.device(text);
            case THREADS -> OptionValues.integer(text, 1, 1024);
            case COMPUTE_PRECISION -> OptionValues.named(ComputePrecision.values(), text);
            case ACTIVATION_QUANTIZATION ->
                    OptionValues.named(ActivationQuantization.values(), text);
            case QUANTIZATION -> OptionValues.named(WeightRounding.values(), text);
            case MAX_NUM_SEQS -> OptionValues.integer(text, 1, 4096);
            case MAX_NUM_BATCHED_TOKENS -> OptionValues.integer(text, 1, 1 << 20);
            case MAX_MODEL_LEN -> OptionValues.integer(text, 0, 1 << 24);
            case BLOCK_SIZE -> OptionValues.blockSize(text);
            case KV_CACHE_MEMORY -> OptionValues.sizeOrAuto(text);
            case KV_CACHE_DTYPE -> OptionValues.named(KvCacheDtype.values(), text);
            case GPU_MEMORY_UTILIZATION -> OptionValues.share(text);
            case PREFIX_CACHING -> OptionValues.bool(text);
            case MAX_WAITING_TOKENS -> OptionValues.positiveLong(text);
            case QUEUE_CAPACITY -> OptionValues.integer(text, 1, 1 << 20);
            case MAX_WAIT -> OptionValues.duration(text);
            case STEP_TIMEOUT -> OptionValues.positiveDuration(text);
        };
    }
}
