package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A piece of a check or a measurement that is run as a whole and leaves one result file.
 *
 * @param name of the file, without its ending
 * @param work what is done
 */
record Part(String name, Work work) {

    /** Does the work. */
    interface Work {
        Result run() throws Exception;
    }

    /** How it ended. */
    enum Status {
        PASSED,
        FAILED,
        /** What it needs is not on this machine. */
        LEFT_OUT
    }

    /**
     * What came of it.
     *
     * @param summary one line for the terminal
     * @param details for the result file
     */
    record Result(Status status, String summary, ObjectNode details) {}
}
