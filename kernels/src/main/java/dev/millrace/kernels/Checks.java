package dev.millrace.kernels;

import java.util.List;

/** Checks of arguments; a message is built only when one fails. */
final class Checks {
    private Checks() {}

    /** An F32 matrix of exactly {@code columns} columns with room for {@code rows} rows. */
    static void floats(String operation, String name, Tensor tensor, int rows, int columns) {
        matrix(operation, name, tensor, DType.F32, rows, columns);
    }

    /** A matrix of exactly {@code columns} columns with room for {@code rows} rows. */
    static void matrix(
            String operation, String name, Tensor tensor, DType dtype, int rows, int columns) {
        if (tensor.dtype() != dtype
                || tensor.columns() != columns
                || rows < 0
                || rows > tensor.rows()) {
            throw new KernelException(
                    operation
                            + ": "
                            + name
                            + " is "
                            + shape(tensor)
                            + "; wanted "
                            + dtype
                            + " ["
                            + rows
                            + " or more, "
                            + columns
                            + "]");
        }
    }

    /** A contiguous row or column of at least {@code length} elements. */
    static void vector(String operation, String name, Tensor tensor, DType dtype, int length) {
        boolean contiguous = tensor.rows() <= 1 || tensor.rowStride() == tensor.columns();
        if (tensor.dtype() != dtype
                || !contiguous
                || length < 0
                || (long) tensor.rows() * tensor.columns() < length) {
            throw new KernelException(
                    operation
                            + ": "
                            + name
                            + " is "
                            + shape(tensor)
                            + "; wanted "
                            + length
                            + " or more of "
                            + dtype);
        }
    }

    /** A scale for each row in use, and rows on 16 bytes. */
    static void scales(String operation, String name, Tensor tensor, int rows) {
        if (tensor.scales() == null || tensor.rowStride() * tensor.dtype().sizeBytes() % 16 != 0) {
            throw new KernelException(
                    operation
                            + ": "
                            + name
                            + " is "
                            + shape(tensor)
                            + " without scales, or with rows of "
                            + tensor.rowStride()
                            + " elements; wanted scales and rows of a multiple of 16 bytes");
        }
        vector(operation, name + "'s scales", tensor.scales(), DType.F32, rows);
    }

    private static String shape(Tensor tensor) {
        return tensor.dtype() + " [" + tensor.rows() + ", " + tensor.columns() + "]";
    }

    static void copy(String operation, Tensor tensor, int count, boolean sameType) {
        if (!sameType || count < 0 || (long) tensor.rows() * tensor.columns() < count) {
            throw new KernelException(
                    operation + ": " + count + " elements and a tensor " + shape(tensor));
        }
    }

    static void divides(String operation, String what, int divisor, int value) {
        if (divisor <= 0 || value % divisor != 0) {
            throw new KernelException(
                    operation + ": " + value + " is no multiple of " + what + " " + divisor);
        }
    }

    static void batch(String operation, PackedBatch batch) {
        if (batch.numTokens() < 0
                || batch.numTokens() > batch.tokenIds().columns()
                || batch.numSeqs() < 0
                || batch.numSeqs() > batch.contextLens().columns()) {
            throw new KernelException(
                    operation
                            + ": "
                            + batch.numTokens()
                            + " tokens of "
                            + batch.numSeqs()
                            + " sequences in a batch for "
                            + batch.tokenIds().columns()
                            + " of "
                            + batch.contextLens().columns());
        }
    }

    static void layer(String operation, KvShape shape, int layer) {
        if (layer < 0 || layer >= shape.numLayers()) {
            throw new KernelException(
                    operation + ": layer " + layer + "; the cache has " + shape.numLayers());
        }
    }

    static void kvShape(KvShape shape) {
        int blockSize = shape.blockSize();
        if (shape.numLayers() < 1
                || shape.numBlocks() < 1
                || shape.numKvHeads() < 1
                || shape.headDim() < 1
                || blockSize < 8
                || blockSize > 256
                || blockSize % 8 != 0) {
            throw new KernelException(
                    "KV cache of "
                            + shape
                            + "; sizes are positive and blockSize a multiple of 8 up to 256");
        }
    }

    static void kvType(DType type, List<DType> allowed, KvShape shape) {
        if (!allowed.contains(type)) {
            throw new KernelException(
                    "KV cache of "
                            + type
                            + " with heads of "
                            + shape.headDim()
                            + "; this device has "
                            + allowed);
        }
    }

    static void rope(Rope rope, int headDim) {
        int half = rope.rotaryDim() / 2;
        floats("ropeAndStoreKv", "cos", rope.cos(), 0, half);
        floats("ropeAndStoreKv", "sin", rope.sin(), rope.cos().rows(), half);
        if (rope.rotaryDim() % 2 != 0 || rope.rotaryDim() > headDim) {
            throw new KernelException(
                    "ropeAndStoreKv: rotaryDim " + rope.rotaryDim() + " of heads of " + headDim);
        }
    }

    static void heads(AttentionParams params, KvShape shape) {
        if (params.numKvHeads() != shape.numKvHeads()
                || params.headDim() != shape.headDim()
                || params.slidingWindow() < 0
                || params.numHeads() % params.numKvHeads() != 0) {
            throw new KernelException("attention: " + params + " over a cache of " + shape);
        }
    }

    /** Rows of the sequences follow each other, and every context fits its block table. */
    static void sequences(PackedBatch batch, int blockSize) {
        int[] starts = batch.cuSeqLens().host().ints();
        int[] contexts = batch.contextLens().host().ints();
        long room = (long) batch.blockTables().columns() * blockSize;
        int row = 0;
        for (int s = 0; s < batch.numSeqs(); s++) {
            int end = starts[s + 1];
            if (starts[s] != row || end < row || contexts[s] < end - row || contexts[s] > room) {
                throw new KernelException(
                        "attention: sequence "
                                + s
                                + " has the rows "
                                + starts[s]
                                + " to "
                                + end
                                + " after row "
                                + row
                                + " and a context of "
                                + contexts[s]
                                + "; its block table has room for "
                                + room);
            }
            row = end;
        }
        if (row != batch.numTokens()) {
            throw new KernelException(
                    "attention: sequences end at row " + row + " of " + batch.numTokens());
        }
    }

    static void sampling(SamplingBatch batch, int vocabSize) {
        if (batch.rows() > batch.tokenIds.columns()
                || batch.allowed.columns() != (vocabSize + 31) / 32) {
            throw new KernelException(
                    "sample: "
                            + batch.rows()
                            + " rows over V = "
                            + vocabSize
                            + " in a batch for "
                            + batch.tokenIds.columns()
                            + " rows and masks of "
                            + batch.allowed.columns()
                            + " words");
        }
    }
}
