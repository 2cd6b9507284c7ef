package dev.millrace.engine.loader;

import java.util.List;

/**
 * One tensor in a safetensors header.
 *
 * @param name name
 * @param dtype element type
 * @param shape outermost dimension first; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last
 */
record SafetensorsEntry(
        String name, SafetensorsDtype dtype, List<Long> shape, long begin, long end) {
    SafetensorsEntry {
        shape = List.copyOf(shape);
    }
}
