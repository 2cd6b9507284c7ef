package dev.millrace.kernels.cuda;

import java.util.ArrayList;
import java.util.List;

/** All kernel cases: every tile of every matrix product, experts, attention, rows, the sampler. */
final class KernelCases {
    private KernelCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        all.addAll(ProductCases.all());
        all.addAll(ExpertCases.all());
        all.addAll(AttentionCases.all());
        all.addAll(RowCases.all());
        all.addAll(SampleCases.all());
        return all;
    }
}
