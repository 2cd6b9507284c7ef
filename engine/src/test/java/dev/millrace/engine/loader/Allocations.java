package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What reading a file allocates on this thread is bounded by the file's size, whatever its header claims. */
final class Allocations {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Texts of 8 bytes in the file become objects of some 60; a list of them grows by copying. */
    private static final long FACTOR = 48;

    /** Buffers, parsers, the message of a refusal. */
    private static final long CONSTANT = 1 << 20;

    private final long before = THREADS.getCurrentThreadAllocatedBytes();

    void requireBoundedBy(long fileBytes, String description) {
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated)
                .as("bytes allocated for a file of %d bytes, %s", fileBytes, description)
                .isLessThan(FACTOR * fileBytes + CONSTANT);
    }
}
