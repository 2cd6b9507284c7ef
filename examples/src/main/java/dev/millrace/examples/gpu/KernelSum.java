package dev.millrace.examples.gpu;

import dev.millrace.kernels.cuda.KernelTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * All launches of one kernel in a step.
 *
 * @param kernel its name
 * @param launches how often
 * @param micros all of them together
 */
record KernelSum(String kernel, int launches, double micros) {

    /** The most costly first. */
    static List<KernelSum> of(List<KernelTime> trace) {
        Map<String, List<KernelTime>> byKernel =
                trace.stream().collect(Collectors.groupingBy(KernelTime::kernel));
        return byKernel.entrySet().stream()
                .map(
                        entry ->
                                new KernelSum(
                                        entry.getKey(),
                                        entry.getValue().size(),
                                        entry.getValue().stream()
                                                .mapToDouble(time -> time.duration() * 1e3)
                                                .sum()))
                .sorted(Comparator.comparingDouble(KernelSum::micros).reversed())
                .toList();
    }
}
