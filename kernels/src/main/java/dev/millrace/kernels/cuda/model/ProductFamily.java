package dev.millrace.kernels.cuda.model;

import dev.millrace.kernels.cuda.LinearTile;
import java.util.List;

/** Kinds of weights, and the kernels that multiply by them on a card. */
enum ProductFamily {
    BF16,
    INT8,
    /** On cards whose tensor cores lack it, dequantised to BF16. */
    E4M3,
    INT4_GROUPS;

    private static final int GROUP = 128;

    private boolean isDense(Card card) {
        return this == BF16 || this == E4M3 && card.computeCapability() < 89;
    }

    /** Whether the tensor cores see elements of 8 bits. */
    boolean bytes(Card card) {
        return this != INT4_GROUPS && !isDense(card);
    }

    boolean usesMma(Card card) {
        return !card.isHopper() || this == INT4_GROUPS;
    }

    /** As in the names of the recorded cases. */
    String kernel(Card card) {
        if (this == INT4_GROUPS) {
            return "int4-groups";
        }
        String type = isDense(card) ? "bf16" : this == INT8 ? "int8" : "e4m3";
        return card.isHopper() ? type + "-sm90" : type;
    }

    List<LinearTile> tiles(Card card) {
        if (this == INT4_GROUPS) {
            return LinearTile.GROUPS_OF_4_BITS;
        }
        if (card.isHopper()) {
            return this == E4M3 ? LinearTile.SM90_E4M3 : LinearTile.SM90;
        }
        if (isDense(card)) {
            return LinearTile.DENSE;
        }
        return this == INT8 ? LinearTile.INT8 : LinearTile.E4M3;
    }

    int activationBytes(Card card) {
        return bytes(card) ? 1 : 2;
    }

    /** Scales included. */
    double weightBytes(Card card, int n, int k) {
        if (this == INT4_GROUPS) {
            return (double) n * k / 2 + 4.0 * n * k / GROUP;
        }
        return bytes(card) ? (double) n * k + 4.0 * n : 2.0 * n * k;
    }

    /** The kernel that quantises its activations, without their length; null if they stay as they are. */
    String quantizer(Card card) {
        if (!bytes(card)) {
            return null;
        }
        return this == INT8 ? "quantize-int8-" : "quantize-e4m3-";
    }
}
