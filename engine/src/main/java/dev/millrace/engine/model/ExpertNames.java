package dev.millrace.engine.model;

/** Where a family keeps the weights of its experts, below {@code model.layers.N.}. */
public sealed interface ExpertNames {

    /** Matrix [experts, E] that scores them. */
    String router();

    /**
     * A matrix for each.
     *
     * @param prefix what stands before an expert's number
     */
    record Separate(String router, String prefix, String gate, String up, String down)
            implements ExpertNames {

        /** Name of expert {@code number}'s matrix {@code part}. */
        public String of(int number, String part) {
            return prefix + number + "." + part;
        }
    }

    /** All experts in one tensor, transposed: gate and up in turns [experts, E, 2F], down [experts, F, E]. */
    record Stacked(String router, String gateUp, String down) implements ExpertNames {}
}
