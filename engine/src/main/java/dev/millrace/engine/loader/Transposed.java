package dev.millrace.engine.loader;

/** Small matrices that a file holds the other way round. */
final class Transposed {
    private Transposed() {}

    /** [columns, rows] from {@code stored} [rows, columns]. */
    static float[] floats(float[] stored, int rows, int columns) {
        float[] turned = new float[stored.length];
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                turned[column * rows + row] = stored[row * columns + column];
            }
        }
        return turned;
    }
}
