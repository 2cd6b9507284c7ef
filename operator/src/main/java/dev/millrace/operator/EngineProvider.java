package dev.millrace.operator;

import dev.millrace.engine.LlmEngine;
import java.io.Serializable;
import java.util.List;

/**
 * Where an operator gets its engine. Equal providers share one engine per process, so an implementation is a value with
 * {@code equals} and {@code hashCode}; {@link EngineSpec} is the usual one.
 */
public interface EngineProvider extends Serializable {

    /**
     * Loads the engine; called once for all that share it, on a thread of its own.
     *
     * @throws dev.millrace.engine.InvalidModelException if the checkpoint cannot be used
     */
    LlmEngine load();

    /**
     * The providers to choose from where Flink has GPUs for this process: one for each, or itself alone if it does not leave the
     * device open.
     *
     * @param indexes the driver's numbers of the GPUs, rising
     */
    default List<EngineProvider> onGpus(List<Integer> indexes) {
        return List.of(this);
    }

    /** Name of the device it runs on, as far as it is known; engines with one name share a device. */
    default String device() {
        return "";
    }

    /** What users see in the operator's name, for instance the model's file name. */
    String label();
}
