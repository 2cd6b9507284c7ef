package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A safetensors file of known answers. */
public final class TestingTensors implements AutoCloseable {
    private final SafetensorsFile file;
    private final TensorStore store;

    private TestingTensors(SafetensorsFile file) {
        this.file = file;
        store = new TensorStore("test", file.tensors(), SafetensorsError.UNSUPPORTED_DTYPE);
    }

    public static TestingTensors open(Path path) {
        return new TestingTensors(SafetensorsFile.open(path));
    }

    public Set<String> names() {
        return store.tensors().keySet();
    }

    /** All elements of a tensor of floats, row after row. */
    public float[] floats(String name) {
        return store.numbers(store.get(name));
    }

    /** All elements of a tensor of INT8 or E4M3, exactly. */
    public float[] codes(String name) {
        StoredTensor tensor = store.get(name);
        ByteBuffer bytes = tensor.file().read(tensor.position(), (int) tensor.sizeBytes());
        boolean integers = tensor.type().equals("I8");
        float[] values = new float[bytes.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = integers ? bytes.get(i) : Floats.ofE4m3(bytes.get(i));
        }
        return values;
    }

    public List<Long> shape(String name) {
        return store.get(name).shape();
    }

    /** All elements of a matrix of a checkpoint. */
    public static float[] floats(WeightSource matrix) {
        WeightSource widened = WidenedMatrix.of(matrix);
        ByteBuffer bytes =
                ByteBuffer.allocate(4 * matrix.n() * matrix.k()).order(ByteOrder.LITTLE_ENDIAN);
        widened.readRows(0, matrix.n(), bytes);
        float[] values = new float[matrix.n() * matrix.k()];
        bytes.flip().asFloatBuffer().get(values);
        return values;
    }

    @Override
    public void close() {
        file.close();
    }
}
