package dev.millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** What transformers computes at the stations of a checkpoint's prompt of 7 tokens: F32 [7, E] each. */
final class HiddenStates {
    private final JsonNode header;
    private final ByteBuffer data;

    private HiddenStates(JsonNode header, ByteBuffer data) {
        this.header = header;
        this.data = data;
    }

    /** Those beside a checkpoint in Hugging Face form. */
    static HiddenStates of(Golden golden) {
        Path file = golden.model().resolve("hidden.safetensors");
        try {
            ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
            all.order(ByteOrder.LITTLE_ENDIAN);
            byte[] header = new byte[Math.toIntExact(all.getLong())];
            all.get(header);
            ByteBuffer data = all.slice().order(ByteOrder.LITTLE_ENDIAN);
            return new HiddenStates(new ObjectMapper().readTree(header), data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One row of a station. */
    float[] row(String station, int row) {
        JsonNode tensor = header.get(station);
        int columns = tensor.get("shape").get(1).asInt();
        int start = tensor.get("data_offsets").get(0).asInt() + row * columns * Float.BYTES;
        float[] values = new float[columns];
        for (int i = 0; i < columns; i++) {
            values[i] = data.getFloat(start + i * Float.BYTES);
        }
        return values;
    }

    int rows(String station) {
        return header.get(station).get("shape").get(0).asInt();
    }
}
