package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.Tensor;

/**
 * What a product reads when it is not the activations themselves: bytes and their scales ({@code quantize.cu}), or activations
 * in another order ({@code permute.cu}). Memory grows to what the largest input can hold, and is used again by the next product.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class LinearInput {
    private static final int GROUP = 128;
    private static final int THREADS = 256;
    private static final String PURPOSE = "workspace";

    private final CudaOps ops;
    private final EntryPoint quantizeInt8;
    private final EntryPoint quantizeE4m3;
    private final EntryPoint quantizeE4m3Groups;
    private DeviceBuffer bytes;
    private DeviceBuffer scales;
    private DeviceBuffer permuted;
    private long bytesAddress;
    private long scalesAddress;
    private int stride;
    private int permutedStride;

    public LinearInput(CudaOps ops) {
        this.ops = ops;
        quantizeInt8 = EntryPoint.valueOf("QUANTIZE_INT8_" + ops.activationType());
        quantizeE4m3 = EntryPoint.valueOf("QUANTIZE_E4M3_" + ops.activationType());
        quantizeE4m3Groups = EntryPoint.valueOf("QUANTIZE_E4M3_GROUPS_" + ops.activationType());
    }

    /** Address of the quantised rows. */
    long bytes() {
        return bytesAddress;
    }

    /** Address of their scales. */
    long scales() {
        return scalesAddress;
    }

    /** Bytes from one quantised row to the next. */
    int stride() {
        return stride;
    }

    /** Takes rows that a norm has quantised. */
    private boolean takeQuantised(Tensor in) {
        if (in.scales() == null) {
            return false;
        }
        bytesAddress = in.address();
        scalesAddress = in.scales().address();
        stride = in.rowStride();
        return true;
    }

    /** Quantises each row to signed bytes with a scale, unless that is done already. */
    void toInt8(Tensor in, int rows) {
        if (takeQuantised(in)) {
            return;
        }
        reserve(in, 1);
        quantizeRows(quantizeInt8, in, null, rows);
    }

    /**
     * Quantises to E4M3, unless that is done already: by groups of 128, else by row, with scale {@code given} unless that is
     * null.
     */
    void toE4m3(Tensor in, boolean byGroup, Buffer given, int rows) {
        if (takeQuantised(in)) {
            return;
        }
        int groups = (in.columns() + GROUP - 1) / GROUP;
        reserve(in, byGroup ? groups : 1);
        if (!byGroup) {
            quantizeRows(quantizeE4m3, in, given, rows);
            return;
        }
        int warps = THREADS / 32;
        ops.launcher()
                .begin(quantizeE4m3Groups)
                .address(bytes())
                .address(scales())
                .tensor(in)
                .int32(in.columns())
                .int32(in.rowStride())
                .int32(stride)
                .run(rows, (groups + warps - 1) / warps, 1, THREADS, 0);
    }

    private void quantizeRows(EntryPoint entry, Tensor in, Buffer given, int rows) {
        ops.launcher()
                .begin(entry)
                .address(bytes())
                .address(scales())
                .tensor(in)
                .address(DeviceAddress.of(given))
                .int32(in.columns())
                .int32(in.rowStride())
                .int32(stride)
                .run(rows, THREADS);
    }

    private void reserve(Tensor in, int scalesPerRow) {
        stride = (in.columns() + 15) / 16 * 16;
        bytes = grown(bytes, DType.INT8, (long) in.rows() * stride);
        scales = grown(scales, DType.F32, (in.rows() + 7L) / 8 * 8 * scalesPerRow);
        bytesAddress = bytes.address();
        scalesAddress = scales.address();
    }

    private DeviceBuffer grown(DeviceBuffer buffer, DType type, long length) {
        return ops.memory().grown(buffer, type, length, PURPOSE);
    }

    /** Brings each row's elements into another order: {@code out[t, i] = in[t, permutation[i]]}. */
    void permute(Tensor in, Buffer permutation, int rows) {
        permutedStride = (in.columns() + 7) / 8 * 8;
        permuted = grown(permuted, in.dtype(), (long) in.rows() * permutedStride);
        ops.launcher()
                .begin(EntryPoint.PERMUTE_COLUMNS)
                .address(permuted())
                .tensor(in)
                .address(DeviceAddress.of(permutation))
                .int32(in.columns())
                .int32(permutedStride)
                .int32(in.rowStride())
                .run(rows, THREADS);
    }

    /** Address of the rows in their other order. */
    long permuted() {
        return permuted.address();
    }

    /** Elements from one of these rows to the next. */
    int permutedStride() {
        return permutedStride;
    }
}
