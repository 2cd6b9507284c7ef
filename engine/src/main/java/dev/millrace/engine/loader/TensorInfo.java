package dev.millrace.engine.loader;

import java.util.List;

/**
 * A tensor as its header describes it.
 *
 * @param name Hugging Face name
 * @param type in the file's own word
 * @param shape outermost dimension first
 * @param sizeBytes size in the file
 */
public record TensorInfo(String name, String type, List<Long> shape, long sizeBytes) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }
}
