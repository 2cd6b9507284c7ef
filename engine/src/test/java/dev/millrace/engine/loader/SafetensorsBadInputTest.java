package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way a safetensors file can lie, and what is said about it. */
final class SafetensorsBadInputTest {
    private static final String GOOD = entry("w", "F32", "[2]", "[0,8]");

    @TempDir private Path folder;

    static Stream<Arguments> badFiles() {
        return Stream.of(
                bad("an empty file", new byte[0], SafetensorsError.TOO_SMALL, "0 bytes"),
                bad("seven bytes", new byte[7], SafetensorsError.TOO_SMALL, "7 bytes"),
                length("no header", 0, "header length 0"),
                length("one byte too long", 3, "header length 3; expected 1 to 2"),
                length("2^63", Long.MIN_VALUE, "header length 9223372036854775808"),
                length("2^64 - 1", -1, "header length 18446744073709551615"),
                length("beyond the limit", 100_000_001, "limit 100000000"),
                header("a space first", " {}", SafetensorsError.HEADER_START, "0x20"),
                header("a byte order mark", "\ufeff{}", SafetensorsError.HEADER_START, "0xef"),
                header("an array", "[]", SafetensorsError.HEADER_START, "0x5b"),
                bad(
                        "no UTF-8",
                        file(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, 0),
                        SafetensorsError.HEADER_UTF8,
                        "at byte 10"),
                header("an open object", "{\"w\":", SafetensorsError.HEADER_JSON, "invalid JSON"),
                header(
                        "deep nesting",
                        "{\"w\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}",
                        SafetensorsError.TENSOR_ENTRY,
                        "START_ARRAY"),
                header(
                        "deep metadata",
                        "{\"__metadata__\":" + "{\"a\":".repeat(10_000),
                        SafetensorsError.METADATA,
                        "'a'"),
                header(
                        "deep unknown field",
                        "{\"w\":{\"x\":" + "[".repeat(10_000),
                        SafetensorsError.HEADER_JSON,
                        "8 deep"),
                header(
                        "a tensor twice",
                        "{" + GOOD + "," + GOOD + "}",
                        SafetensorsError.DUPLICATE_KEY,
                        "'w'"),
                header(
                        "a field twice",
                        "{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}",
                        SafetensorsError.DUPLICATE_KEY,
                        "'dtype'"),
                header(
                        "NUL padding",
                        "{" + GOOD + "}\0\0",
                        SafetensorsError.HEADER_PADDING,
                        "0x00"),
                header(
                        "line breaks as padding",
                        "{" + GOOD + "}\n",
                        SafetensorsError.HEADER_PADDING,
                        "0x0a"),
                header(
                        "a second object",
                        "{" + GOOD + "} {}",
                        SafetensorsError.HEADER_PADDING,
                        "0x7b"),
                entry(
                        "no dtype",
                        "\"w\":{\"shape\":[2],\"data_offsets\":[0,8]}",
                        SafetensorsError.TENSOR_ENTRY,
                        "no dtype"),
                entry(
                        "no shape",
                        "\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}",
                        SafetensorsError.TENSOR_ENTRY,
                        "no shape"),
                entry(
                        "no offsets",
                        "\"w\":{\"dtype\":\"F32\",\"shape\":[2]}",
                        SafetensorsError.TENSOR_ENTRY,
                        "no data_offsets"),
                entry(
                        "a number for an entry",
                        "\"w\":7",
                        SafetensorsError.TENSOR_ENTRY,
                        "an object"),
                entry(
                        "dtype F13",
                        entry("w", "F13", "[2]", "[0,8]"),
                        SafetensorsError.UNKNOWN_DTYPE,
                        "'F13'"),
                entry(
                        "dtype f32",
                        entry("w", "f32", "[2]", "[0,8]"),
                        SafetensorsError.UNKNOWN_DTYPE,
                        "'f32'"),
                shape("a number", "2"),
                shape("nested", "[[2]]"),
                shape("negative", "[-1]"),
                shape("a fraction", "[2.0]"),
                shape("an exponent", "[1e3]"),
                shape("a text", "[\"2\"]"),
                shape("null", "[null]"),
                shape("nine dimensions", "[1,1,1,1,1,1,1,1,2]"),
                shape("2^64", "[18446744073709551616]"),
                entry(
                        "a product beyond 64 bits",
                        entry("w", "F32", "[4294967296,4294967296]", "[0,8]"),
                        SafetensorsError.SIZE_OVERFLOW,
                        "4294967296"),
                offsets("one number", "[0]"),
                offsets("three numbers", "[0,4,8]"),
                offsets("negative", "[-8,0]"),
                offsets("descending", "[8,0]"),
                offsets("beyond the file", "[0,16]"),
                offsets("2^64", "[0,18446744073709551616]"),
                entry(
                        "sharing bytes",
                        GOOD + "," + entry("v", "F32", "[1]", "[4,8]"),
                        SafetensorsError.LAYOUT,
                        "'v'"),
                entry(
                        "ten thousand names on one range",
                        bomb(),
                        SafetensorsError.LAYOUT,
                        "first byte 0"),
                entry(
                        "a hole",
                        entry("w", "F32", "[1]", "[0,4]") + "," + entry("v", "U8", "[1]", "[7,8]"),
                        SafetensorsError.LAYOUT,
                        "'v'"),
                entry(
                        "bytes after the last tensor",
                        entry("w", "F32", "[1]", "[0,4]"),
                        SafetensorsError.LAYOUT,
                        "4 bytes after"),
                entry(
                        "a first byte that is not 0",
                        entry("w", "F32", "[1]", "[4,8]"),
                        SafetensorsError.LAYOUT,
                        "first byte 4; expected 0"),
                entry(
                        "a size that is not the shape's",
                        entry("w", "F32", "[3]", "[0,8]"),
                        SafetensorsError.SIZE_MISMATCH,
                        "8 bytes; expected 12 bytes"),
                entry(
                        "half a byte",
                        entry("w", "F4", "[3]", "[0,8]"),
                        SafetensorsError.SIZE_OVERFLOW,
                        "12 bits"),
                header(
                        "a number in the metadata",
                        "{\"__metadata__\":{\"a\":1}," + GOOD + "}",
                        SafetensorsError.METADATA,
                        "'a'"),
                header(
                        "a list for metadata",
                        "{\"__metadata__\":[]," + GOOD + "}",
                        SafetensorsError.METADATA,
                        "START_ARRAY"),
                entry(
                        "NUL in a name",
                        entry("a\\u0000b", "F32", "[2]", "[0,8]"),
                        SafetensorsError.TENSOR_NAME,
                        "\\u0000"),
                entry(
                        "an empty name",
                        entry("", "F32", "[2]", "[0,8]"),
                        SafetensorsError.TENSOR_NAME,
                        "1 to 1024"),
                entry(
                        "a name of 100 kB",
                        entry("n".repeat(100_000), "F32", "[2]", "[0,8]"),
                        SafetensorsError.TENSOR_NAME,
                        "100000 characters"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badFiles")
    void badFileIsRefused(String name, byte[] bytes, SafetensorsError code, String message)
            throws IOException {
        Path file = Files.write(folder.resolve("model.safetensors"), bytes);
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> SafetensorsFile.open(file))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining("model.safetensors")
                .withMessageContaining(message)
                .withMessageContaining(code.id());
    }

    @Test
    void oddButValidFilesAreRead() throws IOException {
        assertThat(open("{}", 0)).isEmpty();
        assertThat(open("{" + GOOD + "}   ", 8)).containsOnlyKeys("w");
        assertThat(open("{\"__metadata__\":{\"format\":\"pt\"}," + GOOD + "}", 8))
                .containsOnlyKeys("w");
        String zero = entry("z", "F32", "[0,7]", "[0,0]");
        String scalar = entry("s", "BF16", "[]", "[8,10]");
        assertThat(open("{" + scalar + "," + GOOD + "," + zero + "}", 10))
                .containsOnlyKeys("z", "w", "s");
        String extra = "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":[1]}";
        assertThat(open("{" + extra + "}", 8)).containsOnlyKeys("w");
        assertThat(open("{" + entry("../w", "F32", "[2]", "[0,8]") + "}", 8)).hasSize(1);
    }

    @Test
    void moreThanAMillionTensorsAreRefused() {
        String tooMany = manyTensors(SafetensorsHeader.MAX_TENSORS + 1);
        Allocations allocations = new Allocations();
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> open(tooMany, 0))
                .satisfies(
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(SafetensorsError.TOO_MANY_TENSORS))
                .withMessageContaining("more than 1000000 tensors");
        allocations.requireBoundedBy(tooMany.length(), "all header");
    }

    private static String manyTensors(int count) {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < count; i++) {
            header.append(i == 0 ? "" : ",").append('"').append(i);
            header.append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }
        return header.append('}').toString();
    }

    @Test
    void damagedHeadersEndInARefusalAndNothingElse() throws IOException {
        byte[] good =
                Files.readAllBytes(TestingModels.path("llama/model-00002-of-00002.safetensors"));
        byte[] start = Arrays.copyOf(good, 4096);
        long seed = 20261122;
        Random random = new Random(seed);
        long end = System.nanoTime() + 2_000_000_000L;
        int refused = 0;
        for (int round = 0; System.nanoTime() < end; round++) {
            byte[] bytes = mutate(random, round % 2 == 0 ? good : start);
            Path file = Files.write(folder.resolve("fuzzed.safetensors"), bytes);
            Allocations allocations = new Allocations();
            try (SafetensorsFile opened = SafetensorsFile.open(file)) {
                for (StoredTensor tensor : opened.tensors().values()) {
                    assertThat(tensor.position() + tensor.sizeBytes())
                            .isLessThanOrEqualTo(bytes.length);
                }
            } catch (InvalidModelException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
            allocations.requireBoundedBy(bytes.length, "seed " + seed + ", round " + round);
        }
        assertThat(refused).isPositive();
    }

    static byte[] mutate(Random random, byte[] good) {
        byte[] bytes = good.clone();
        int headerBytes = Math.min(bytes.length, 4000);
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(headerBytes);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) "{}[]\",:0123456789-".charAt(random.nextInt(18));
                default -> {
                    int length = Math.min(random.nextInt(16), bytes.length - at);
                    System.arraycopy(bytes, random.nextInt(headerBytes - 16), bytes, at, length);
                }
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    private Map<String, StoredTensor> open(String header, int data) throws IOException {
        byte[] bytes = file(header.getBytes(StandardCharsets.UTF_8), data);
        Path file = Files.write(folder.resolve("good.safetensors"), bytes);
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            return opened.tensors();
        }
    }

    private static Arguments bad(String name, byte[] bytes, SafetensorsError code, String said) {
        return Arguments.of(name, bytes, code, said);
    }

    private static Arguments length(String name, long length, String said) {
        byte[] bytes =
                ByteBuffer.allocate(10)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(length)
                        .put((byte) '{')
                        .put((byte) '}')
                        .array();
        return bad(name, bytes, SafetensorsError.HEADER_LENGTH, said);
    }

    private static Arguments header(
            String name, String header, SafetensorsError code, String said) {
        return bad(name, file(header.getBytes(StandardCharsets.UTF_8), 8), code, said);
    }

    private static Arguments entry(
            String name, String entries, SafetensorsError code, String said) {
        return header(name, "{" + entries + "}", code, said);
    }

    private static Arguments shape(String name, String shape) {
        return entry(
                "shape: " + name,
                entry("w", "F32", shape, "[0,8]"),
                SafetensorsError.SHAPE,
                "tensor 'w'");
    }

    private static Arguments offsets(String name, String offsets) {
        return entry(
                "offsets: " + name,
                entry("w", "F32", "[2]", offsets),
                SafetensorsError.OFFSETS,
                "tensor 'w'");
    }

    private static String entry(String name, String dtype, String shape, String offsets) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
                .formatted(name, dtype, shape, offsets);
    }

    private static String bomb() {
        return IntStream.range(0, 10_000)
                .mapToObj(i -> entry("w" + i, "F32", "[2]", "[0,8]"))
                .collect(Collectors.joining(","));
    }

    private static byte[] file(byte[] header, int data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(header.length)
                        .array());
        bytes.writeBytes(header);
        bytes.writeBytes(new byte[data]);
        return bytes.toByteArray();
    }
}
