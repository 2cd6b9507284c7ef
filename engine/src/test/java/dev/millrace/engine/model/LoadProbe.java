package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import java.nio.file.Path;

/** Loads a checkpoint onto the CPU backend whose memory is the heap, and prints the bytes that it holds then. */
public final class LoadProbe {
    private LoadProbe() {}

    public static void main(String[] arguments) {
        try (Checkpoint checkpoint = Checkpoint.open(Path.of(arguments[0]));
                Kernels kernels =
                        Kernels.create(KernelsConfig.cpu(2).withPortable("memory in the heap"))) {
            Decoder decoder = DecoderLoader.load(checkpoint, kernels, 1, 1);
            System.out.println(
                    "held " + kernels.buffers().totalBytes() + " " + decoder.hiddenSize());
        }
    }
}
