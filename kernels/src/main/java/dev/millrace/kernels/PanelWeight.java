package dev.millrace.kernels;

import dev.millrace.kernels.x86.PanelFormat;

/**
 * Panels of 32 outputs, as the native CPU kernels read them.
 *
 * @param format how a panel lies in memory
 * @param n outputs
 * @param k inputs
 * @param gateUp whether {@link Kernels#packGateUp} made it: the panels of the gates, then those of the ups
 * @param data the panels
 * @param scales F32, one for each output in the order of the panels; null where the format has none
 */
public record PanelWeight(
        PanelFormat format, int n, int k, boolean gateUp, Buffer data, Buffer scales)
        implements Weight {

    @Override
    public long sizeBytes() {
        return data.sizeBytes() + (scales == null ? 0 : scales.sizeBytes());
    }
}
