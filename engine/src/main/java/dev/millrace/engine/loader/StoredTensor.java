package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import java.util.List;
import java.util.Optional;

/**
 * Where a tensor lies and how it is stored; position and size were checked against the file.
 *
 * @param storedName name in the file
 * @param type type in the file's own word
 * @param format how rows are stored, empty when the type cannot be computed with
 * @param shape outermost dimension first
 * @param file holds the bytes
 * @param position of the first byte in the file
 * @param sizeBytes size in the file
 */
record StoredTensor(
        String storedName,
        String type,
        Optional<WeightFormat> format,
        List<Long> shape,
        TensorFile file,
        long position,
        long sizeBytes) {

    StoredTensor {
        shape = List.copyOf(shape);
    }

    /** File and tensor, for messages. */
    String where() {
        return file.name() + ": tensor " + Problems.quote(storedName);
    }
}
