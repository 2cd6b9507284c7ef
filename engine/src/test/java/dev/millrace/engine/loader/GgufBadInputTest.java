package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.TestingGguf.array;
import static dev.millrace.engine.loader.TestingGguf.int32;
import static dev.millrace.engine.loader.TestingGguf.int64;
import static dev.millrace.engine.loader.TestingGguf.join;
import static dev.millrace.engine.loader.TestingGguf.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.tokenizer.TokenizerError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way a GGUF file can lie, and what is said about it. */
final class GgufBadInputTest {
    private static final int F32 = 0;
    private static final int Q8_0 = 8;

    @TempDir private Path folder;

    static Stream<Arguments> badFiles() {
        return Stream.of(containers(), entries(), tensorTables(), settings()).flatMap(rows -> rows);
    }

    private static Stream<Arguments> containers() {
        return Stream.of(
                bad("another magic", GgufError.MAGIC, "0x46554747", g -> g.magic = 0x47475546),
                bad("big-endian", GgufError.MAGIC, "big-endian", g -> g.version = 3 << 24),
                bad("version 0", GgufError.VERSION, "version 0", g -> g.version = 0),
                bad("version 1", GgufError.VERSION, "version 1", g -> g.version = 1),
                bad("version 4", GgufError.VERSION, "version 4", g -> g.version = 4),
                bad(
                        "-1 tensors",
                        GgufError.COUNT,
                        "18446744073709551615",
                        g -> g.tensorCount = -1L),
                bad(
                        "2^40 tensors",
                        GgufError.COUNT,
                        "1099511627776",
                        g -> g.tensorCount = 1L << 40),
                bad(
                        "more tensors than any model has",
                        GgufError.COUNT,
                        "65537 tensors; expected at most 65536",
                        g -> {
                            g.tensorCount = 65_537L;
                            g.dataBytes = 4 << 20;
                        }),
                bad("-1 entries", GgufError.COUNT, "metadata", g -> g.entryCount = -1L),
                bad("2^40 entries", GgufError.COUNT, "metadata", g -> g.entryCount = 1L << 40),
                bad(
                        "one byte short",
                        GgufError.TRUNCATED,
                        "blk.0.ffn_down.weight",
                        g -> g.missingBytes = 1),
                bad(
                        "a part of a split",
                        GgufError.SPLIT_FILE,
                        "3",
                        g -> g.uint32("split.count", 3)));
    }

    private static Stream<Arguments> entries() {
        return Stream.of(
                entry("key length -1", GgufError.KEY, "18446744073709551615", int64(-1)),
                entry("key beyond the file", GgufError.TRUNCATED, "65000", int64(65_000)),
                entry("key too long", GgufError.KEY, "65536", int64(65_536)),
                entry("empty key", GgufError.KEY, "empty", join(text(""), int32(4), int32(1))),
                entry(
                        "key twice",
                        GgufError.KEY,
                        "'general.architecture' twice",
                        join(text("general.architecture"), int32(4), int32(1))),
                entry("type 13", GgufError.VALUE_TYPE, "type 13", value(13)),
                entry("type -1", GgufError.VALUE_TYPE, "4294967295", value(-1)),
                entry(
                        "array of arrays",
                        GgufError.VALUE_TYPE,
                        "array of type 9",
                        value(9, array(9, 1))),
                entry(
                        "array of type 13",
                        GgufError.VALUE_TYPE,
                        "array of type 13",
                        value(9, array(13, 1))),
                entry(
                        "array of 2^63",
                        GgufError.VALUE_LENGTH,
                        "9223372036854775808",
                        value(9, array(4, Long.MIN_VALUE))),
                entry(
                        "array beyond the file",
                        GgufError.TRUNCATED,
                        "8000000",
                        value(9, array(4, 2_000_000))),
                entry(
                        "text of a GiB",
                        GgufError.VALUE_LENGTH,
                        "1073741824",
                        value(8, int64(1L << 30))),
                entry(
                        "text beyond the file",
                        GgufError.TRUNCATED,
                        "1000000",
                        value(8, int64(1_000_000))),
                entry("boolean 2", GgufError.VALUE_RANGE, "boolean 2", value(7, new byte[] {2})),
                bad("alignment 0", GgufError.ALIGNMENT, "got 0", alignment(0)),
                bad("alignment 13", GgufError.ALIGNMENT, "got 13", alignment(13)),
                bad(
                        "alignment 2^31",
                        GgufError.ALIGNMENT,
                        "2147483648",
                        alignment(Integer.MIN_VALUE)),
                bad(
                        "alignment as int32",
                        GgufError.ALIGNMENT,
                        "type 5",
                        g -> g.put("general.alignment", TestingGguf.INT32, int32(32))),
                bad(
                        "alignment as text",
                        GgufError.ALIGNMENT,
                        "type 8",
                        g -> g.put("general.alignment", TestingGguf.STRING, text("32"))));
    }

    private static Stream<Arguments> tensorTables() {
        return Stream.of(
                bad(
                        "name of 64 bytes",
                        GgufError.TENSOR_NAME,
                        "64 bytes",
                        g -> g.tensor("n".repeat(64), F32, 1)),
                bad(
                        "name twice",
                        GgufError.TENSOR_NAME,
                        "twice",
                        g -> g.tensor("token_embd.weight", F32, 1)),
                bad("empty name", GgufError.TENSOR_NAME, "empty", g -> g.tensor("", F32, 1)),
                bad("no dimensions", GgufError.TENSOR_SHAPE, "0 dim", g -> g.tensor("t", F32)),
                bad(
                        "five dimensions",
                        GgufError.TENSOR_SHAPE,
                        "5 dimensions",
                        g -> g.tensor("t", F32, 1, 1, 1, 1, 1)),
                bad(
                        "dimension 0",
                        GgufError.TENSOR_SHAPE,
                        "dimension 0",
                        g -> g.tensor("t", F32, 0)),
                bad(
                        "dimension -1",
                        GgufError.TENSOR_SHAPE,
                        "18446744073709551615",
                        g -> g.tensorAt("t", F32, g.dataBytes, -1)),
                bad(
                        "2^32 x 2^32",
                        GgufError.TENSOR_SHAPE,
                        "2^63 bytes",
                        g -> g.tensorAt("t", F32, g.dataBytes, 1L << 32, 1L << 32)),
                bad(
                        "sum of sizes beyond 2^63",
                        GgufError.TENSOR_OFFSET,
                        "inside the file",
                        g -> g.tensorAt("t", 24, g.dataBytes, 0x7fff_ffff_ffff_ffc0L)),
                bad("type 99", GgufError.TENSOR_TYPE, "type 99", g -> g.tensor("t", 99, 32)),
                bad("removed type 4", GgufError.TENSOR_TYPE, "type 4", g -> g.tensor("t", 4, 32)),
                bad(
                        "half a block",
                        GgufError.TENSOR_SHAPE,
                        "rows of 33",
                        g -> g.tensor("t", Q8_0, 33)),
                bad(
                        "unaligned",
                        GgufError.TENSOR_OFFSET,
                        "next place aligned",
                        g -> g.tensorAt("t", F32, g.dataBytes + 4, 1)),
                bad(
                        "overlapping",
                        GgufError.TENSOR_OFFSET,
                        "offset 0",
                        g -> g.tensorAt("t", F32, 0, 1)),
                bad(
                        "beyond the file",
                        GgufError.TENSOR_OFFSET,
                        "inside the file",
                        g -> g.tensorAt("t", F32, g.dataBytes, 1 << 20)),
                bad(
                        "a weight in another type",
                        GgufError.UNSUPPORTED_TYPE,
                        "type Q2_K",
                        g -> {
                            g.tensors.clear();
                            g.dataBytes = 0;
                            g.tensor("token_embd.weight", 10, 256, 3);
                            g.uint32("llama.embedding_length", 256);
                        }));
    }

    private static Stream<Arguments> settings() {
        return Stream.of(
                bad(
                        "no architecture",
                        GgufError.ARCHITECTURE,
                        "gemma3, llama, phi3, qwen2, qwen3",
                        g -> g.entries.remove("general.architecture")),
                bad(
                        "unknown architecture",
                        GgufError.ARCHITECTURE,
                        "'mamba'",
                        g -> g.put("general.architecture", TestingGguf.STRING, text("mamba"))),
                range("block_count", 0),
                range("block_count", 513),
                range("block_count", Integer.MIN_VALUE),
                range("attention.head_count", 0),
                range("attention.head_count_kv", 2),
                range("embedding_length", 0),
                range("rope.dimension_count", 4),
                range("context_length", 0),
                bad(
                        "context_length 2^40",
                        GgufError.VALUE_RANGE,
                        "1099511627776",
                        g -> g.put("llama.context_length", TestingGguf.UINT64, int64(1L << 40))),
                bad("epsilon 0", GgufError.VALUE_RANGE, "got 0.0", epsilon(0)),
                bad("epsilon NaN", GgufError.VALUE_RANGE, "NaN", epsilon(Float.NaN)),
                bad(
                        "hidden size no multiple of heads",
                        GgufError.VALUE_RANGE,
                        "multiple",
                        g -> g.uint32("llama.attention.head_count", 3)),
                bad(
                        "no block_count",
                        GgufError.MISSING_KEY,
                        "llama.block_count",
                        g -> g.entries.remove("llama.block_count")),
                bad(
                        "block_count as text",
                        GgufError.VALUE_TYPE,
                        "llama.block_count",
                        g -> g.put("llama.block_count", TestingGguf.STRING, text("1"))),
                bad(
                        "more layers than stored",
                        ConfigError.MISSING_TENSOR,
                        "model.layers.1.",
                        g -> g.uint32("llama.block_count", 2)),
                bad(
                        "another width than stored",
                        ConfigError.TENSOR_SHAPE,
                        "blk.0.ffn_gate",
                        g -> g.uint32("llama.feed_forward_length", 5)),
                bad(
                        "experts",
                        GgufError.UNSUPPORTED_SETTING,
                        "expert_count",
                        g -> g.uint32("llama.expert_count", 8)),
                bad(
                        "longrope",
                        GgufError.UNSUPPORTED_SETTING,
                        "'longrope'",
                        g ->
                                g.put(
                                        "llama.rope.scaling.type",
                                        TestingGguf.STRING,
                                        text("longrope"))),
                bad(
                        "eos beyond the vocabulary",
                        GgufError.VALUE_RANGE,
                        "eos_token_id",
                        g -> g.uint32("tokenizer.ggml.eos_token_id", 3)),
                bad(
                        "bos -1",
                        GgufError.VALUE_RANGE,
                        "4294967295",
                        g -> g.uint32("tokenizer.ggml.bos_token_id", -1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badFiles")
    void badFileIsRefused(String name, Consumer<TestingGguf> change, ErrorCode code, String message)
            throws IOException {
        Path file = write(change);
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> Checkpoint.open(file))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining("model.gguf")
                .withMessageContaining(message);
    }

    @Test
    void hugeChatTemplateIsRefusedBeforeItIsParsed() throws IOException {
        byte[] template = text("{% if x %}".repeat(1 << 20));
        Path file = write(g -> g.put("tokenizer.chat_template", TestingGguf.STRING, template));
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Allocations allocations = new Allocations();
            assertThatExceptionOfType(InvalidModelException.class)
                    .isThrownBy(checkpoint::chatTemplate)
                    .satisfies(
                            e ->
                                    assertThat(e.problem().code())
                                            .isEqualTo(TokenizerError.TEMPLATE_INVALID))
                    .withMessageContaining("10485760 characters; expected at most 1048576");
            allocations.requireBoundedBy(template.length, "of which most is one text");
        }
    }

    @Test
    void smallestFileIsRead() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(write(g -> {}))) {
            assertThat(checkpoint.config().tieWordEmbeddings()).isTrue();
            assertThat(checkpoint.config().headDim()).isEqualTo(2);
            assertThat(checkpoint.chatTemplate()).isEmpty();
        }
        try (Checkpoint checkpoint = Checkpoint.open(write(g -> g.version = 2))) {
            assertThat(checkpoint.config().vocabSize()).isEqualTo(3);
        }
    }

    @Test
    void damagedHeadersEndInARefusalAndNothingElse() throws IOException {
        byte[] real = Files.readAllBytes(TestingModels.path("gguf-qwen3/qwen3-Q4_0.gguf"));
        byte[] small = TestingGguf.llama().bytes();
        long seed = 20261123;
        Random random = new Random(seed);
        long end = System.nanoTime() + 2_000_000_000L;
        int refused = 0;
        for (int round = 0; System.nanoTime() < end; round++) {
            byte[] bytes = SafetensorsBadInputTest.mutate(random, round % 4 == 0 ? real : small);
            Path file = Files.write(folder.resolve("fuzzed.gguf"), bytes);
            Allocations allocations = new Allocations();
            try (Checkpoint opened = Checkpoint.open(file)) {
                assertThat(opened.config()).isNotNull();
            } catch (InvalidModelException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
            allocations.requireBoundedBy(bytes.length, "seed " + seed + ", round " + round);
        }
        assertThat(refused).isPositive();
    }

    private Path write(Consumer<TestingGguf> change) throws IOException {
        TestingGguf gguf = TestingGguf.llama();
        change.accept(gguf);
        return Files.write(folder.resolve("model.gguf"), gguf.bytes());
    }

    private static Arguments bad(
            String name, ErrorCode code, String message, Consumer<TestingGguf> change) {
        return Arguments.of(name, change, code, message);
    }

    private static Arguments entry(String name, ErrorCode code, String message, byte[] entry) {
        return bad(name, code, message, g -> g.rawEntries.add(entry));
    }

    private static Arguments range(String key, int value) {
        return bad(
                key + " " + Integer.toUnsignedString(value),
                GgufError.VALUE_RANGE,
                "llama." + key + ": got " + Integer.toUnsignedString(value),
                g -> g.uint32("llama." + key, value));
    }

    private static byte[] value(int type, byte[]... value) {
        return join(text("test.key"), int32(type), join(value));
    }

    private static Consumer<TestingGguf> alignment(int value) {
        return g -> g.uint32("general.alignment", value);
    }

    private static Consumer<TestingGguf> epsilon(float value) {
        return g ->
                g.put(
                        "llama.attention.layer_norm_rms_epsilon",
                        TestingGguf.FLOAT32,
                        int32(Float.floatToIntBits(value)));
    }
}
