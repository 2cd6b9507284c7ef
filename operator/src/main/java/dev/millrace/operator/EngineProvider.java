package dev.millrace.operator;

import dev.millrace.engine.LlmEngine;
import java.io.Serializable;

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

    /** What users see in the operator's name, for instance the model's file name. */
    String label();
}
