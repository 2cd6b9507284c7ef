package dev.millrace.kernels.cpu;

/**
 * Working memory of one thread; arrays grow to the largest shape seen, then stay.
 *
 * <p>Thread-safety: used by its worker only.
 */
final class Scratch {
    /** Most token rows that share one expanded weight slice. */
    static final int MAX_TILE_ROWS = 72;

    /** Inputs of a weight slice for one panel; a slice of several panels is shorter, to stay in the L1 cache. */
    static final int SLICE_INPUTS = 256;

    /** Most panels computed together. */
    static final int MAX_PANELS = 4;

    final float[] temp = new float[Lanes.TEMP_FLOATS];
    final float[] slice;
    final float[] scales;
    final float[] products;
    final SamplingScratch sampling = new SamplingScratch();

    Scratch(Lanes lanes) {
        int nr = lanes.panelColumns();
        slice = new float[SLICE_INPUTS * nr];
        // A row for each block of 32, two where there is a minimum, and one that pads an odd
        // number.
        scales = new float[(SLICE_INPUTS / 32 + 1) * 2 * nr];
        // Gates, what they gate, and the results.
        products = new float[3 * Math.max(MAX_TILE_ROWS, MAX_PANELS) * nr];
    }

    static Scratch[] forWorkers(int workers, Lanes lanes) {
        Scratch[] all = new Scratch[workers];
        for (int i = 0; i < workers; i++) {
            all[i] = new Scratch(lanes);
        }
        return all;
    }

    static float[] grown(float[] array, int length) {
        return array.length >= length ? array : new float[length];
    }
}
