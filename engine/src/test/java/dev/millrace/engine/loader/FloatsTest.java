package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.kernels.WeightSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FloatsTest {

    @Test
    void everyHalfIsWidenedExactly() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            int exponent = bits >> 10 & 0x1f;
            double fraction = (bits & 0x3ff) / 1024.0;
            double magnitude;
            if (exponent == 0x1f) {
                magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            } else if (exponent == 0) {
                magnitude = fraction * Math.pow(2, -14);
            } else {
                magnitude = (1 + fraction) * Math.pow(2, exponent - 15);
            }
            float expected = (float) (bits < 0x8000 ? magnitude : -magnitude);
            assertThat(Floats.ofHalf((short) bits))
                    .as("bits %04x", bits)
                    .isEqualTo(Float.valueOf(expected));
        }
    }

    /** The reference's input of layer 0 is rows of the embedding, stored here as bfloat16, float16 and float32. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-linear-rope", "llama-tied", "qwen2"})
    void embeddingRowsAreThoseOfTheReference(String name) throws IOException {
        Path folder = TestingModels.path(name);
        JsonNode reference =
                new ObjectMapper().readTree(Files.readAllBytes(folder.resolve("reference.json")));
        JsonNode ids = reference.get("prompts").get(1).get("ids");
        try (Checkpoint checkpoint = Checkpoint.open(folder);
                SafetensorsFile hidden =
                        SafetensorsFile.open(folder.resolve("hidden.safetensors"))) {
            TensorStore stations =
                    new TensorStore(name, hidden.tensors(), SafetensorsError.UNSUPPORTED_DTYPE);
            WeightSource expected = stations.matrix("embedded");
            WeightSource embedding = checkpoint.matrix("model.embed_tokens.weight");
            assertThat(expected.n()).isEqualTo(ids.size()).isEqualTo(7);
            for (int i = 0; i < ids.size(); i++) {
                assertThat(row(embedding, ids.get(i).intValue())).isEqualTo(row(expected, i));
            }
        }
    }

    private static float[] row(WeightSource matrix, int index) {
        ByteBuffer bytes =
                ByteBuffer.allocate((int) matrix.format().rowBytes(matrix.k()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        matrix.readRows(index, 1, bytes);
        return Floats.read(matrix.format(), bytes.flip(), matrix.k());
    }
}
