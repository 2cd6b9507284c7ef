package dev.millrace.kernels.cpu;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the loops for this JVM, once. */
public final class LanesChoice {
    private static final Logger LOG = LoggerFactory.getLogger(LanesChoice.class);

    /** Set to {@code off} to use the scalar loops. */
    public static final String PROPERTY = "millrace.cpu.vector";

    private LanesChoice() {}

    /** The fastest loops that this JVM can run. */
    public static Lanes best() {
        return Holder.BEST;
    }

    /** True if the JVM was started with the Vector API. */
    public static boolean vectorApiPresent() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    private static Lanes choose() {
        if ("off".equals(System.getProperty(PROPERTY))) {
            LOG.info("CPU kernels use scalar loops, because {} is off", PROPERTY);
            return new ScalarLanes();
        }
        if (!vectorApiPresent()) {
            LOG.warn(
                    "CPU kernels use scalar loops, many times slower: start the JVM with --add-modules"
                            + " jdk.incubator.vector");
            return new ScalarLanes();
        }
        return new VectorLanes();
    }

    private static final class Holder {
        static final Lanes BEST = choose();
    }
}
