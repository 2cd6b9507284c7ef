package dev.millrace.engine.loader;

import java.util.List;

/** An array in GGUF metadata. */
sealed interface GgufArray {

    /** Texts. */
    record Texts(List<String> values) implements GgufArray {
        @Override
        public String toString() {
            return "an array of " + values.size() + " texts";
        }
    }

    /** Integers of any width. */
    final class Integers implements GgufArray {
        private final long[] values;

        Integers(long[] values) {
            this.values = values;
        }

        int size() {
            return values.length;
        }

        long get(int index) {
            return values[index];
        }

        @Override
        public String toString() {
            return "an array of " + values.length + " integers";
        }
    }

    /** Floats of either width, as float32. */
    final class Floats implements GgufArray {
        private final float[] values;

        Floats(float[] values) {
            this.values = values;
        }

        int size() {
            return values.length;
        }

        float get(int index) {
            return values[index];
        }

        @Override
        public String toString() {
            return "an array of " + values.length + " floats";
        }
    }

    /** Booleans; nothing here needs their values. */
    record Booleans(int size) implements GgufArray {
        @Override
        public String toString() {
            return "an array of " + size + " booleans";
        }
    }
}
