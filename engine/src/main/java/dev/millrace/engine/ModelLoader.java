package dev.millrace.engine;

import dev.millrace.engine.hub.ModelPath;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.model.CheckpointKvScales;
import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.DecoderLoader;
import dev.millrace.engine.model.KvCalibration;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.PortableModels;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.StreamingDetokenizer;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.engine.tokenizer.TokenizerError;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KvScales;
import dev.millrace.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a checkpoint into the parts of an engine: device, weights, KV memory, tokenizer, chat template.
 *
 * <p>Thread-safety: stateless.
 */
final class ModelLoader {
    private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);

    /** Loading measures what a device has free, so that engines of one process take turns. */
    private static final ReentrantLock TURN = new ReentrantLock();

    private ModelLoader() {}

    /** Loads {@code path}; on an error everything opened so far is closed again. */
    static EngineParts load(Path path, EngineConfig config) {
        TURN.lock();
        try {
            return loadInTurn(path, config);
        } finally {
            TURN.unlock();
        }
    }

    private static EngineParts loadInTurn(Path path, EngineConfig config) {
        long start = System.nanoTime();
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            Tokenizer tokenizer = checkpoint.tokenizer();
            Kernels kernels = null;
            try {
                kernels = Kernels.create(kernelsConfig(config, checkpoint));
                EngineParts parts = parts(path, config, checkpoint, tokenizer, kernels);
                LOG.info(
                        "Loaded {} in {} ms on {}: {} KV blocks of {} tokens, {} MiB in all.",
                        parts.model().name(),
                        (System.nanoTime() - start) / 1_000_000,
                        kernels.description(),
                        parts.numBlocks(),
                        config.blockSize(),
                        kernels.buffers().totalBytes() >> 20);
                return parts;
            } catch (RuntimeException | Error e) {
                tokenizer.close();
                if (kernels != null) {
                    kernels.close();
                }
                Problem problem = DeviceErrorCode.problem(e).orElse(null);
                if (problem != null) {
                    throw failure(problem, e);
                }
                throw e;
            }
        }
    }

    /** A device that fails may work in another process; what it refuses will not. */
    private static LlmException failure(Problem problem, Throwable cause) {
        boolean failed =
                problem.code() == DeviceErrorCode.DEVICE_LOST
                        || problem.code() == DeviceErrorCode.DRIVER_FAILED;
        return failed
                ? new EngineFailedException(problem, cause)
                : new InvalidModelException(problem, cause);
    }

    /**
     * On a GPU a checkpoint in F16 is computed in it, everything else in BF16, as vLLM does. On the CPU {@code auto} means the
     * checkpoint's own type, and bfloat16 for quantised ones.
     */
    private static KernelsConfig kernelsConfig(EngineConfig config, Checkpoint checkpoint) {
        WeightFormat format = checkpoint.matrix("model.embed_tokens.weight").format();
        boolean wider = format == WeightFormat.F32 || format == WeightFormat.F16;
        boolean automatic = config.computePrecision() == ComputePrecision.AUTO;
        ComputePrecision precision =
                automatic && wider ? ComputePrecision.FLOAT32 : config.computePrecision();
        return new KernelsConfig(
                config.device(),
                config.threads(),
                precision,
                format == WeightFormat.F16 ? DType.F16 : DType.BF16,
                config.activationQuantization(),
                config.quantization(),
                PortableModels.reason(checkpoint, config.activationQuantization()));
    }

    private static EngineParts parts(
            Path path,
            EngineConfig config,
            Checkpoint checkpoint,
            Tokenizer tokenizer,
            Kernels kernels) {
        ModelConfig model = checkpoint.config();
        int maxModelLen = maxModelLen(path, config, model);
        ModelInfo info = info(path, checkpoint, maxModelLen);
        kernels.checkHeads(model.headDim());
        boolean scaled = hasKvScales(config, checkpoint, kernels);
        KvSizing kv =
                new KvSizing(config, model, maxModelLen, kernels, scaled, checkpoint.deviceBytes());
        Decoder decoder =
                DecoderLoader.load(checkpoint, kernels, config.maxNumBatchedTokens(), maxModelLen);
        Optional<KvScales> scales =
                scaled
                        ? Optional.of(kvScales(kernels, checkpoint, decoder, config))
                        : Optional.empty();
        ModelRunner runner = new ModelRunner(kernels, decoder, info, config);
        EngineParts parts =
                new EngineParts(
                        info,
                        tokenizer,
                        chatTemplate(checkpoint.chatTemplate()),
                        () -> new StreamingDetokenizer(tokenizer)::append,
                        runner,
                        0,
                        kv.bytesPerToken());
        return parts.withNumBlocks(kv.allocate(runner, parts, scales));
    }

    private static ModelInfo info(Path path, Checkpoint checkpoint, int maxModelLen) {
        ModelConfig model = checkpoint.config();
        return new ModelInfo(
                ModelPath.label(path),
                maxModelLen,
                model.vocabSize(),
                model.eosTokenIds(),
                checkpoint.fingerprint(),
                model.commonWindow(),
                model.shortRopePositions());
    }

    /** Whether keys and values are stored with scales of their heads. */
    private static boolean hasKvScales(
            EngineConfig config, Checkpoint checkpoint, Kernels kernels) {
        return switch (config.kvCacheDtype()) {
            case FP8 -> true;
            case INT8 -> false;
            case AUTO -> kernels.quantizesActivations() && checkpoint.kvScales().isPresent();
        };
    }

    /** Found before the cache takes the memory. */
    private static KvScales kvScales(
            Kernels kernels, Checkpoint checkpoint, Decoder decoder, EngineConfig config) {
        return CheckpointKvScales.of(checkpoint)
                .orElseGet(
                        () ->
                                KvCalibration.run(
                                        decoder,
                                        kernels,
                                        checkpoint.config(),
                                        config.maxNumBatchedTokens()));
    }

    private static int maxModelLen(Path path, EngineConfig config, ModelConfig model) {
        if (config.maxModelLen() > model.maxPositionEmbeddings()) {
            throw new InvalidModelException(
                    new Problem(
                            EngineError.INVALID_OPTION,
                            "option max-model-len for " + path,
                            Integer.toString(config.maxModelLen()),
                            "at most the model's max_position_embeddings, "
                                    + model.maxPositionEmbeddings(),
                            "Lower max-model-len, or leave it out for the model's own length"));
        }
        return config.maxModelLen() == 0 ? model.maxPositionEmbeddings() : config.maxModelLen();
    }

    private static Function<List<Message>, String> chatTemplate(Optional<ChatTemplate> template) {
        return template.<Function<List<Message>, String>>map(
                        each -> messages -> each.render(messages, true))
                .orElseGet(() -> ModelLoader::refuseChat);
    }

    private static String refuseChat(List<Message> messages) {
        throw new InvalidRequestException(
                new Problem(
                        TokenizerError.NO_CHAT_TEMPLATE,
                        "prompt",
                        "a chat of " + messages.size() + " messages",
                        "plain text, as the checkpoint has no chat template",
                        "Use a text prompt, or a checkpoint with a chat template"));
    }
}
