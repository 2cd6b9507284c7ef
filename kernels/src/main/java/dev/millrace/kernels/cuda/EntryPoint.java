package dev.millrace.kernels.cuda;

import static dev.millrace.kernels.cuda.Parameter.ADDRESS;
import static dev.millrace.kernels.cuda.Parameter.FLOAT32;
import static dev.millrace.kernels.cuda.Parameter.INT32;

import java.util.List;
import java.util.Locale;

/**
 * Every kernel and the kinds of its parameters; the kernel's name is the constant's in lower case. A test compares the list
 * with the compiled code.
 */
enum EntryPoint {
    SCATTER_INPUTS(ADDRESS),
    SOFT_CAP(ADDRESS, INT32, INT32, FLOAT32);

    private final String symbol = name().toLowerCase(Locale.ROOT);
    private final List<Parameter> parameters;

    EntryPoint(Parameter... parameters) {
        this.parameters = List.of(parameters);
    }

    /** Name in the fatbin. */
    String symbol() {
        return symbol;
    }

    List<Parameter> parameters() {
        return parameters;
    }
}
