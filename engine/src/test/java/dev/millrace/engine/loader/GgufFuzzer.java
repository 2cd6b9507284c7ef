package dev.millrace.engine.loader;

import dev.millrace.engine.LlmException;
import dev.millrace.engine.tokenizer.HfTokenizer;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.KernelException;

/** Any bytes as a GGUF file: settings, tensors, tokenizer and template are read, or refused in words. */
public final class GgufFuzzer {
    private static final FuzzFolder FOLDER = new FuzzFolder();

    private GgufFuzzer() {}

    /** The entry that Jazzer calls. */
    public static void fuzzerTestOneInput(byte[] data) {
        try (GgufFile file = GgufFile.open(FOLDER.write("model.gguf", data))) {
            tokenize(file);
            GgufConfigReader.read(file);
        } catch (LlmException e) {
            // A refusal.
        }
        try (Checkpoint checkpoint = Checkpoint.open(FOLDER.path("model.gguf"))) {
            checkpoint.chatTemplate();
            for (String name : TensorPlan.shapes(checkpoint.config()).keySet()) {
                checkpoint.has(name);
            }
            checkpoint.deviceBytes();
        } catch (LlmException | KernelException e) {
            // A refusal.
        }
    }

    private static void tokenize(GgufFile file) {
        GgufTokenizerReader reader = new GgufTokenizerReader(file.metadata());
        byte[] json = reader.vocabulary().tokenizerJson("fuzz");
        try (Tokenizer tokenizer = HfTokenizer.of("fuzz", json, 1 << 16)) {
            int[] ids = tokenizer.encode("Hello wörld 1234", true);
            tokenizer.decode(ids, 0, ids.length);
        }
    }
}
