package dev.millrace.operator;

import dev.millrace.engine.InvalidModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;

/**
 * The GPUs that Flink has for this TaskManager: its external resource {@code gpu}. All slots of the process see all of them, as
 * Flink gives none to a single slot.
 */
final class FlinkGpus {
    /** Name of the resource, as Flink's documentation has it. */
    static final String RESOURCE = "gpu";

    /** The property that Flink's own discovery script sets. */
    static final String INDEX = "index";

    private FlinkGpus() {}

    /**
     * The driver's numbers of the GPUs, rising; empty where Flink has none.
     *
     * @throws InvalidModelException if one has no number
     */
    static List<Integer> indexes(Set<ExternalResourceInfo> gpus) {
        List<Integer> indexes = new ArrayList<>();
        for (ExternalResourceInfo info : gpus) {
            indexes.add(index(info.getProperty(INDEX).orElse("")));
        }
        return indexes.stream().sorted().distinct().toList();
    }

    private static int index(String text) {
        if (!text.matches("\\d{1,9}")) {
            throw OperatorError.gpuWithoutIndex(text);
        }
        return Integer.parseInt(text);
    }
}
