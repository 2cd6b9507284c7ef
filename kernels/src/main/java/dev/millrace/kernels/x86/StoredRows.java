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
 * <p>Thread-safety: {@link #read} may be called from several threads at once.
 */
sealed interface StoredRows {
    /** Inputs of a block of codes. */
    int BLOCK = 32;

    /** The library's number for the form: {@code ROW_…} in {@code kernels.h}. */
    int form();

    int n();

    int k();

    long rowBytes();

    /** Appends rows to {@code target}, which is little-endian. */
    void read(int firstRow, int numRows, ByteBuffer target);

    /** Writes the scales of rows that have some of their own. */
    default void writeScales(int firstRow, int numRows, long address) {}

    /** As the checkpoint has them. */
    record Plain(WeightSource source) implements StoredRows {
        @Override
        public int form() {
            return source.format().ordinal();
        }

        @Override
        public int n() {
            return source.n();
        }

        @Override
        public int k() {
            return source.k();
        }

        @Override
        public long rowBytes() {
            return source.format().rowBytes(source.k());
        }

        @Override
        public void read(int firstRow, int numRows, ByteBuffer target) {
            source.readRows(firstRow, numRows, target);
        }
    }

    /** Signed bytes, whose scales lie beside them. */
    record SignedBytes(QuantizedSource source, Quantization.Int8 scales) implements StoredRows {
        private static final int ROW_INT8 = 65;

        @Override
        public int form() {
            return ROW_INT8;
        }

        @Override
        public int n() {
            return source.n();
        }

        @Override
        public int k() {
            return source.k();
        }

        @Override
        public long rowBytes() {
            return source.k();
        }

        @Override
        public void read(int firstRow, int numRows, ByteBuffer target) {
            source.readRows(firstRow, numRows, target);
        }

        @Override
        public void writeScales(int firstRow, int numRows, long address) {
            Library.putFloats(scales.rowScales(), firstRow, numRows, address, false);
        }
    }

    /** Codes with two scales and two offsets for each {@link #BLOCK} inputs; k is a multiple of that. */
    record Codes(CodedRows source) implements StoredRows {
        private static final int ROW_CODES = 64;
        private static final int BLOCK_BYTES = 16 + BLOCK;

        public Codes {
            if (source.k() % BLOCK != 0) {
                throw new KernelException("codes of " + source.k() + " inputs");
            }
        }

        @Override
        public int form() {
            return ROW_CODES;
        }

        @Override
        public int n() {
            return source.n();
        }

        @Override
        public int k() {
            return source.k();
        }

        @Override
        public long rowBytes() {
            return (long) source.k() / BLOCK * BLOCK_BYTES;
        }

        @Override
        public void read(int firstRow, int numRows, ByteBuffer target) {
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
    }
}
