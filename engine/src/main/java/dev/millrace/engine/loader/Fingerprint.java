package dev.millrace.engine.loader;

import dev.millrace.engine.model.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** Tells models apart cheaply: settings, the table of tensors, and a sample from the middle of each. */
final class Fingerprint {
    private static final int SAMPLE_BYTES = 256;

    private Fingerprint() {}

    static String of(ModelConfig config, TensorStore store) {
        return of(config, "", store);
    }

    /** {@code quantization} says what the tensors mean, beyond their types. */
    static String of(ModelConfig config, String quantization, TensorStore store) {
        MessageDigest digest = sha256();
        update(digest, config.toString());
        if (!quantization.isEmpty()) {
            update(digest, quantization);
        }
        for (Map.Entry<String, StoredTensor> entry : store.tensors().entrySet()) {
            StoredTensor t = entry.getValue();
            update(digest, entry.getKey() + t.type() + t.shape() + t.sizeBytes());
            digest.update(sample(t));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static ByteBuffer sample(StoredTensor t) {
        int length = (int) Math.min(SAMPLE_BYTES, t.sizeBytes());
        return t.file().read(t.position() + (t.sizeBytes() - length) / 2, length);
    }

    private static void update(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
