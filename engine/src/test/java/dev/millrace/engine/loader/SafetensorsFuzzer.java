package dev.millrace.engine.loader;

import dev.millrace.engine.LlmException;

/** Any bytes as a safetensors file: they are read, or refused in words. */
public final class SafetensorsFuzzer {
    private static final FuzzFolder FOLDER = new FuzzFolder();

    private SafetensorsFuzzer() {}

    /** The entry that Jazzer calls. */
    public static void fuzzerTestOneInput(byte[] data) {
        try (SafetensorsFile file = SafetensorsFile.open(FOLDER.write("model.safetensors", data))) {
            TensorStore store =
                    new TensorStore("fuzz", file.tensors(), SafetensorsError.UNSUPPORTED_DTYPE);
            for (String name : store.tensors().keySet()) {
                store.numbers(store.get(name));
            }
        } catch (LlmException e) {
            // A refusal.
        }
    }
}
