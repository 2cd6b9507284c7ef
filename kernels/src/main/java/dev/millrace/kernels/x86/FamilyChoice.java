package dev.millrace.kernels.x86;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the native kernels for this process, and says why in one line. */
public final class FamilyChoice {
    private static final Logger LOG = LoggerFactory.getLogger(FamilyChoice.class);

    /** {@code auto}, {@code off} for the Vector API, or the name of a family. */
    public static final String PROPERTY = "millrace.cpu.native";

    private FamilyChoice() {}

    /**
     * The family to use; empty for the Vector API.
     *
     * @throws dev.millrace.kernels.KernelException if {@link #PROPERTY} names one that is not there
     */
    public static Optional<Family> choose() {
        return choose(System.getProperty(PROPERTY, "auto"), Family.available(), Library.problem());
    }

    static Optional<Family> choose(String wanted, List<Family> available, String problem) {
        if (wanted.equals("off")) {
            LOG.info("CPU kernels use the Vector API, because {} is off.", PROPERTY);
            return Optional.empty();
        }
        if (!wanted.equals("auto")) {
            return Optional.of(named(wanted, available, problem));
        }
        if (available.isEmpty()) {
            LOG.info(
                    "CPU kernels use the Vector API, as the native ones cannot be used: {}.",
                    problem == null ? "the processor has no AVX2" : problem);
            return Optional.empty();
        }
        Family best = available.get(available.size() - 1);
        LOG.info(
                "CPU kernels use {}, the best of {} that this processor has.",
                best.text(),
                available.stream().map(Family::text).toList());
        return Optional.of(best);
    }

    private static Family named(String wanted, List<Family> available, String problem) {
        return available.stream()
                .filter(family -> family.text().equals(wanted))
                .findFirst()
                .orElseThrow(
                        () ->
                                new DeviceProblem(
                                                DeviceError.UNSUPPORTED_ARITHMETIC,
                                                "system property " + PROPERTY,
                                                "\"" + wanted + "\"",
                                                "auto, off, or one of "
                                                        + available.stream()
                                                                .map(Family::text)
                                                                .toList()
                                                        + (problem == null ? "" : ": " + problem),
                                                "Leave it out for the best there is")
                                        .exception());
    }
}
