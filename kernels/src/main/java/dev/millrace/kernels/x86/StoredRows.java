package dev.millrace.kernels.x86;

import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightSource;
import dev.millrace.kernels.cpu.CodedRows;
import java.nio.ByteBuffer;

/**
 * Rows of a matrix in a form that the library packs.
 *
 * <p>Thread-safety: immutable; rows may be read from several threads at once.
 *
 * @param form the library's number for the form: {@code ROW_…} in {@code kernels.h}
 * @param n rows
 * @param k inputs
 * @param rowBytes of one row
 * @param reader appends rows to a buffer, which is little-endian
 * @param scales of rows that have some of their own; null for none
 */
record StoredRows(int form, int n, int k, long rowBytes, Reader reader, Quantization.Int8 scales) {
    /** Inputs of a block of codes. */
    static final int BLOCK = 32;

    private static final int BLOCK_BYTES = 16 + BLOCK;
    private static final int ROW_CODES = 64;
    private static final int ROW_INT8 = 65;

    /** Appends rows to {@code target}. */
    interface Reader {
        void read(int firstRow, int numRows, ByteBuffer target);
    }

    /** As the checkpoint has them. */
    static StoredRows plain(WeightSource source) {
        int k = source.k();
        return new StoredRows(
                source.format().ordinal(),
                source.n(),
                k,
                source.format().rowBytes(k),
                source::readRows,
                null);
    }

    /** Signed bytes, whose scales lie beside them. */
    static StoredRows signedBytes(QuantizedSource source, Quantization.Int8 scales) {
        int k = source.k();
        return new StoredRows(ROW_INT8, source.n(), k, k, source::readRows, scales);
    }

    /** Codes with two scales and two offsets for each {@link #BLOCK} inputs; k is a multiple of that. */
    static StoredRows codes(CodedRows source) {
        int k = source.k();
        if (k % BLOCK != 0) {
            throw new KernelException("codes of " + k + " inputs");
        }
        return new StoredRows(
                ROW_CODES,
                source.n(),
                k,
                (long) k / BLOCK * BLOCK_BYTES,
                (firstRow, numRows, target) -> readCodes(source, firstRow, numRows, target),
                null);
    }

    private static void readCodes(CodedRows source, int firstRow, int numRows, ByteBuffer target) {
        ByteBuffer stored = source.read(firstRow, numRows);
        for (int r = 0; r < numRows; r++) {
            int from = r * (int) source.rowBytes();
            for (int block = 0; block < source.k(); block += BLOCK) {
                int first = block / source.groupSize();
                int second = (block + BLOCK / 2) / source.groupSize();
                target.putFloat(source.scale(stored, from, firstRow + r, first));
                target.putFloat(source.scale(stored, from, firstRow + r, second));
                target.putFloat(source.offset(stored, from, firstRow + r, first));
                target.putFloat(source.offset(stored, from, firstRow + r, second));
                for (int i = block; i < block + BLOCK; i++) {
                    target.put((byte) source.bits(stored, from, i));
                }
            }
        }
    }

    /** Writes the scales of rows that have some of their own. */
    void writeScales(int firstRow, int numRows, long address) {
        if (scales != null) {
            Library.putFloats(scales.rowScales(), firstRow, numRows, address, false);
        }
    }
}
