package dev.millrace.kernels.synthetic;

/**
 * Sizes of a decoder that its operations depend on.
 *
 * @param hidden E
 * @param intermediate F
 * @param heads H
 * @param kvHeads Hkv
 * @param headDim D
 * @param vocab V
 * @param context tokens that a decoded token sees
 * @param prompt tokens of a prompt
 */
public record ModelShape(
        int hidden,
        int intermediate,
        int heads,
        int kvHeads,
        int headDim,
        int vocab,
        int context,
        int prompt) {
    /** Llama-3.1-8B. Source: its config.json. */
    public static final ModelShape LLAMA_8B =
            new ModelShape(4096, 14336, 32, 8, 128, 128256, 1000, 500);

    /** Small enough for the emulator. */
    public static final ModelShape TINY = new ModelShape(64, 128, 4, 2, 32, 300, 37, 21);
}
