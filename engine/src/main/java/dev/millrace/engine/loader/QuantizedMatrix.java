package dev.millrace.engine.loader;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A quantised matrix of a checkpoint. */
record QuantizedMatrix(Quantization quantization, int n, int k, Codes codes)
        implements QuantizedSource {

    /** Reads rows of codes, a byte each; from several threads at once. */
    interface Codes {
        /** As {@link QuantizedSource#readRows}. */
        void readRows(int firstRow, int numRows, ByteBuffer target);
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        Objects.checkFromIndexSize(firstRow, numRows, n);
        codes.readRows(firstRow, numRows, target);
    }

    /** Bytes as they lie in the file. */
    static Codes bytes(StoredTensor tensor, int k) {
        return (firstRow, numRows, target) ->
                tensor.file().read(tensor.position() + (long) firstRow * k, target, numRows * k);
    }

    /** Signed bytes, shifted to 0 to 255. */
    static Codes shifted(StoredTensor tensor, int k) {
        Codes stored = bytes(tensor, k);
        return (firstRow, numRows, target) -> {
            int from = target.position();
            stored.readRows(firstRow, numRows, target);
            for (int i = from; i < target.position(); i++) {
                target.put(i, (byte) (target.get(i) + 128));
            }
        };
    }
}
