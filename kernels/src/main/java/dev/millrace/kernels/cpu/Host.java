package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.GgufWeight;
import dev.millrace.kernels.HostBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;

/** Arrays behind tensors and buffers of the CPU backend. */
final class Host {
    private Host() {}

    static float[] floats(Buffer buffer) {
        return ((HostBuffer) buffer).floats();
    }

    static int[] ints(Buffer buffer) {
        return ((HostBuffer) buffer).ints();
    }

    static float[] floats(Tensor tensor) {
        return floats(tensor.buffer());
    }

    static int[] ints(Tensor tensor) {
        return ints(tensor.buffer());
    }

    static long[] longs(Tensor tensor) {
        return ((HostBuffer) tensor.buffer()).longs();
    }

    /** Whether a weight lies as {@link CodedPanel} says; otherwise as {@link PanelLayout} does. */
    static boolean isCoded(Weight weight) {
        return !(weight instanceof DenseWeight || weight instanceof GgufWeight);
    }

    static boolean isF32(Weight weight) {
        return weight instanceof DenseWeight dense && dense.format() == WeightFormat.F32;
    }

    /** How a weight of this backend is stored that is not coded. */
    static WeightFormat format(Weight weight) {
        if (weight instanceof DenseWeight dense) {
            return dense.format();
        }
        if (weight instanceof GgufWeight gguf) {
            return gguf.format();
        }
        throw new KernelException("the CPU backend packs no " + weight.getClass().getSimpleName());
    }

    /** Index of the first element of row {@code row}; a host buffer is one array, so it fits an int. */
    static int at(Tensor tensor, int row) {
        return (int) tensor.offset() + row * tensor.rowStride();
    }

    static int intAt(Tensor tensor, int index) {
        return ints(tensor)[(int) tensor.offset() + index];
    }

    static float floatAt(Tensor tensor, int index) {
        return floats(tensor)[(int) tensor.offset() + index];
    }
}
