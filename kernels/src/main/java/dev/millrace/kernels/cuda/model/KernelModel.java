package dev.millrace.kernels.cuda.model;

import dev.millrace.kernels.cuda.LinearTile;
import dev.millrace.kernels.cuda.model.KernelCost.Work;
import java.util.List;
import java.util.Locale;

/**
 * The least time of a kernel at a shape on a card: the largest of bytes over bandwidth, tensor-core work over its peak, and what a
 * multiprocessor must issue over its clock.
 *
 * <p>The busiest multiprocessor counts: n blocks on m multiprocessors take as long as ⌈n / m⌉ on one. Left out, so that the result is
 * a floor: arithmetic outside of the tensor cores, latency, L2, launches, and what of the three does not overlap.
 *
 * <p>Thread-safety: immutable.
 */
final class KernelModel {
    /** Warp instructions that a multiprocessor issues in a clock, on all cards here. */
    private static final int SLOTS = 4;

    private static final int KEYS_PER_TILE = 64;
    private static final int KEYS_PER_SPLIT = 1024;
    private static final int DECODE_ROWS = 16;
    private static final int PREFILL_ROWS = 64;

    private final Card card;
    private final KernelCosts costs;

    KernelModel(Card card, KernelCosts costs) {
        this.card = card;
        this.costs = costs;
    }

    /** {@code out [rows, n] = in [rows, k] · weightᵀ}; {@code outBytes}: of an element of out. */
    Bound product(
            String name,
            ProductFamily family,
            int rows,
            int n,
            int k,
            boolean gated,
            int outBytes,
            int launches) {
        LinearTile tile = LinearTile.choose(family.tiles(card), card.device(), n, rows);
        KernelCost cost =
                costs.of(
                        "linear-%s-%s%s"
                                .formatted(
                                        family.kernel(card),
                                        tile.suffix().toLowerCase(Locale.ROOT),
                                        gated ? "-gated" : ""));
        double blocks = tile.blocks(n, rows);
        double tilesOfK = Math.ceil((double) k * family.activationBytes(card) / 128);
        double bytes =
                family.weightBytes(card, n, k)
                        + (double) rows * k * family.activationBytes(card)
                        + (double) rows * (gated ? n / 2 : n) * outBytes;
        double peak =
                family.usesMma(card)
                        ? card.mmaFlops(family.bytes(card))
                        : card.flops(family.bytes(card));
        String shape = "%d × %d × %d, %s".formatted(rows, n, k, tile.suffix().replace('X', '×'));
        return bound(name, shape, launches, cost, blocks, blocks * tilesOfK, bytes, peak);
    }

    /** A kernel that goes row by row, a block each. */
    Bound rows(String name, String kernel, double rows, double bytesPerRow, int launches) {
        String shape = "%.0f rows".formatted(rows);
        return bound(name, shape, launches, costs.of(kernel), rows, 0, rows * bytesPerRow, 1);
    }

    /** One token of each of {@code seqs} sequences over {@code context} keys. */
    Bound decode(AttentionShape heads, double seqs, double context, int launches) {
        double items = seqs * heads.kvHeads() * Math.ceil(heads.group() / (double) DECODE_ROWS);
        double splits = Math.ceil(context / KEYS_PER_SPLIT);
        double tiles = Math.ceil(context / KEYS_PER_TILE);
        double bytes = seqs * (context * heads.cachedBytes() + heads.queryBytes());
        String shape = "%.0f × %.0f keys".formatted(seqs, context);
        KernelCost cost = costs.of("attention-" + heads.kernel() + "decode");
        return bound(
                "attention, decode",
                shape,
                launches,
                cost,
                items * splits,
                items * tiles,
                bytes,
                card.mmaFlops(false));
    }

    /** {@code prompts} whole prompts, which may be a part of one. */
    Bound prefill(AttentionShape heads, double prompts, int tokens, int launches) {
        double items = Math.ceil(tokens * heads.group() / (double) PREFILL_ROWS);
        double tiles = 0;
        for (int i = 0; i < items; i++) {
            double last = (i + 1.0) * PREFILL_ROWS / heads.group();
            tiles += Math.ceil(Math.min(last, tokens) / KEYS_PER_TILE);
        }
        double times = prompts * heads.kvHeads();
        double bytes = prompts * tokens * (heads.cachedBytes() + heads.queryBytes());
        String shape = "%.2f × %d tokens".formatted(prompts, tokens);
        KernelCost cost = costs.of("attention-" + heads.kernel() + "prefill");
        return bound(
                "attention, prefill",
                shape,
                launches,
                cost,
                times * items,
                times * tiles,
                bytes,
                card.mmaFlops(false));
    }

    private Bound bound(
            String name,
            String shape,
            int launches,
            KernelCost cost,
            double blocks,
            double tiles,
            double bytes,
            double peak) {
        int multiprocessors = card.multiprocessors();
        double waves = Math.ceil(blocks / multiprocessors);
        Work busiest = cost.work(blocks, tiles).times(waves / blocks);
        double clocks = Math.max(busiest.sharedCycles(), busiest.instructions() / SLOTS);
        return new Bound(
                name,
                shape,
                launches,
                bytes * cost.bytesOverMinimum() / card.bytesPerSecond(),
                busiest.flops() * multiprocessors / peak,
                clocks / card.clock());
    }

    /** All bounds of a step in seconds. */
    static double seconds(List<Bound> step) {
        return step.stream().mapToDouble(Bound::stepSeconds).sum();
    }
}
